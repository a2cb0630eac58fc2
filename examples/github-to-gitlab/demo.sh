#!/bin/sh
# Moves the organisation lantern from the stand-in for GitHub to the one for GitLab,
# most of it by Drover and the rest by GitLab's own importer, and changes something
# at the source. The servers end with it. It writes in this folder and nowhere else.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/../../bin:$PATH
trap 'sh stop.sh' EXIT
printf '\n$ sh examples/github-to-gitlab/setup.sh\n'
sh setup.sh
github=$(sed -n 's/.*"github": "\(.*\)".*/\1/p' servers.plan.hcl.json)
gitlab=$(sed -n 's/.*"gitlab": "\(.*\)".*/\1/p' servers.plan.hcl.json)
echo "The stand-in for GitHub is at $github, the one for GitLab at $gitlab."

run() {
	printf '\n$ drover %s\n' "$*"
	drover "$@"
}

edit() { # JSON
	printf '\n$ curl %s/_model/edits --data '"'%s'"'\n' "$github" "$1"
	curl --silent --show-error --fail "$github/_model/edits" --data "$1"
	echo
}

# Some of what an issue, merge request or note is like at the target.
look() { # PATH
	printf '\n$ curl %s/api/v4/projects/lantern%%2F%s\n' "$gitlab" "$1"
	curl --silent --show-error --fail --header "PRIVATE-TOKEN: $(cat servers/gitlab-token)" "$gitlab/api/v4/projects/lantern%2F$1" |
		grep -oE '"(body|description|iid|import_status|merged_at|state|title)": *("([^"\\]|\\.)*"|[^",}]*)'
}

run plan --out servers/first.changeset # beacon, docs and the gists by Drover, vault by GitLab itself
run apply servers/first.changeset
run apply --yes # completes texts that refer to what was migrated after them

edit '{"do": "add_comment", "repository": "lantern/beacon", "as": "mona", "number": 3, "text": "It turns! See lantern/docs#1. @linus-k @stranger"}'
edit '{"do": "push", "repository": "lantern/docs", "as": "grace", "branch": "main", "message": "Mention the wick", "files": {"README.md": "# Handbook\n\nTrim the wick.\n"}}'
edit '{"do": "push", "repository": "lantern/vault", "as": "ada", "branch": "main", "message": "Move the key", "files": {"README.md": "# Vault\n\nThe key hangs elsewhere.\n"}}'
run plan # what is new in vault is told, and stays there: an importer of a forge imports once
run apply --yes
run verify
run status
run failures

look beacon/merge_requests/5
look 'beacon/issues/3/notes?order_by=created_at&sort=asc'
look vault/import

cat <<END

What to type next:

  sh examples/github-to-gitlab/setup.sh      # the servers again, and an empty target
  bin/drover --chdir examples/github-to-gitlab apply
  sh examples/github-to-gitlab/stop.sh
  cat docs/github.md docs/gitlab.md          # then with your own organisation
END
