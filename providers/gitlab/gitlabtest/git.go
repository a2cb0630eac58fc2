package gitlabtest

import (
	"github.com/drover-migrate/drover/providers/gitserver"
)

// hook refuses pushes as GitLab does, all of a push when one of its refs is not
// allowed. Its rules are lines: a kind (branch, tag or default), whether the one
// who pushes may, whether by force, and a pattern.
const hook = `#!/bin/sh
zero=0000000000000000000000000000000000000000
rest=[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]
id=$rest[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]
fail() { echo "GitLab: $1" >&2; exit 1; }
rule() {
	ruled=
	while read -r kind may force pattern; do
		test "$kind" = "$1" || continue
		case $2 in $pattern) ruled=yes; ruled_may=$may; ruled_force=$force ;; esac
	done <<-END
	$GITLABTEST_RULES
	END
}
while read -r old new ref; do
	case $ref in
	refs/heads/*)
		name=${ref#refs/heads/}
		rule default "$name"
		if test "$new" = $zero && test -n "$ruled"; then fail "The default branch of a project cannot be deleted."; fi
		if test "$new" != $zero; then
			case $name in $id | $id/* | $id-/*) fail "You cannot create a branch with a 40-character hexadecimal branch name." ;; esac
		fi
		rule branch "$name"
		test -n "$ruled" || continue
		if test "$old" != $zero && test "$new" != $zero && test "$ruled_force" = no && ! git merge-base --is-ancestor "$old" "$new"; then
			fail "You are not allowed to force push code to a protected branch on this project."
		fi
		if test "$new" = $zero; then
			test "$ruled_may" = yes || fail "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch."
			fail "You can only delete protected branches using the web interface."
		fi
		test "$ruled_may" = yes && continue
		test "$old" != $zero || fail "You are not allowed to create protected branches on this project."
		fail "You are not allowed to push code to protected branches on this project."
		;;
	refs/tags/*)
		name=${ref#refs/tags/}
		rule default "$name"
		if test "$old" = $zero && test -n "$ruled"; then fail "You cannot use default branch name to create a tag"; fi
		if test "$new" != $zero; then
			case $name in $id | $id[!0-9a-f]* | $id$rest | $id$rest[!0-9a-f]*) fail "You cannot create a tag with a SHA-1 or SHA-256 tag name." ;; esac
		fi
		rule tag "$name"
		test -n "$ruled" || continue
		if test "$new" = $zero; then
			test "$ruled_may" = yes || fail "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag."
			fail "You can only delete protected tags using the web interface."
		fi
		test "$old" = $zero || fail "Protected tags cannot be updated."
		test "$ruled_may" = yes || fail "You are not allowed to create this tag as it is protected."
		;;
	esac
done
`

// makeGit makes an empty bare repository with the hook. Refs that keep commits of
// old diffs are nobody's to fetch.
func (m *Model) makeGit(dir, branch string) error {
	const hidden = "[uploadpack]\n\thideRefs = refs/keep-around\n\thideRefs = refs/tmp\n"
	return gitserver.Repo{Dir: dir}.Init(gitserver.Layout{Branch: branch, Config: hidden, PreReceive: hook})
}

func (m *Model) makeWiki(p *Project) error {
	if p.wiki {
		return nil
	}
	p.wiki = true
	return m.makeGit(m.wikiDir(p), "main")
}

// codeGit, wikiGit and snippetGit are the git repositories of a project and of a
// snippet.
func (m *Model) codeGit(p *Project) gitserver.Repo    { return m.gitAt(m.codeDir(p)) }
func (m *Model) wikiGit(p *Project) gitserver.Repo    { return m.gitAt(m.wikiDir(p)) }
func (m *Model) snippetGit(s *Snippet) gitserver.Repo { return m.gitAt(m.snippetDir(s)) }

func (m *Model) gitAt(dir string) gitserver.Repo { return gitserver.Repo{Dir: dir, Memory: &m.memory} }

// git, resolve, setRef and mergeBase are for importers, which have the folder of a
// repository.
func git(dir string, args ...string) (string, error) { return gitserver.Repo{Dir: dir}.Run(args...) }
func resolve(dir, name string) string                { return gitserver.Repo{Dir: dir}.Resolve(name) }
func setRef(dir, ref, id string) error               { return gitserver.Repo{Dir: dir}.SetRef(ref, id) }
func mergeBase(dir, a, b string) string              { return gitserver.Repo{Dir: dir}.MergeBase(a, b) }

// signature is that of somebody now.
func (m *Model) signature(u *User) gitserver.Signature {
	return gitserver.Signature{Name: u.Name, Email: u.Email, At: m.clock()}
}

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
