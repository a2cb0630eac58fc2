package mercurial

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// The files in which Mercurial and git keep what is nested in a repository.
const (
	subFile      = ".hgsub"
	subStateFile = ".hgsubstate"
	gitModules   = ".gitmodules"
)

// subrepo is a repository inside another.
type subrepo struct {
	kind     string // hg, git or svn
	source   string
	revision string
}

// parseSubrepos reads .hgsub and .hgsubstate. Lines that make no sense, and
// paths that leave the repository, are passed over.
func parseSubrepos(sub, state []byte) map[string]subrepo {
	subs := map[string]subrepo{}
	section := ""
	for raw := range bytes.Lines(sub) {
		line := strings.TrimSpace(string(raw))
		if strings.HasPrefix(line, "[") {
			section = line
		}
		name, source, ok := strings.Cut(line, "=")
		name, source = strings.TrimSpace(name), strings.TrimSpace(source)
		// Sections hold path rewriting, not repositories.
		if !ok || section != "" || line[0] == '#' || line[0] == ';' || hg.CheckPath(path.Clean(name)) != nil || source == "" {
			continue
		}
		s := subrepo{kind: "hg", source: source}
		if strings.HasPrefix(source, "[") {
			if kind, rest, ok := strings.Cut(source[1:], "]"); ok {
				s = subrepo{kind: kind, source: rest}
			}
		}
		subs[path.Clean(name)] = s
	}
	for raw := range bytes.Lines(state) {
		revision, name, ok := strings.Cut(strings.TrimRight(string(raw), "\r\n"), " ")
		if s, known := subs[path.Clean(name)]; ok && known {
			s.revision = revision
			subs[path.Clean(name)] = s
		}
	}
	return subs
}

// subrepositories reports the repositories inside a changeset that changed
// them, and makes submodules of those that can be.
func (c *converter) subrepositories(edit *gittree.Edit, base gitpack.ID, ch change) error {
	subs, err := c.subrepos(edit)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(subs)) {
		s := subs[name]
		if _, ok := s.commit(); ok && c.settings.Subrepositories == asSubmodules && entryProblem(name, gittree.Submodule) == "" {
			continue
		}
		c.lose("mercurial.subrepository", name, ch.number, fmt.Sprintf("the subrepository (%s, %s) is not part of the converted history; %s and %s name it", s.kind, s.source, subFile, subStateFile))
	}
	if c.settings.Subrepositories != asSubmodules {
		return nil
	}
	before, err := c.subrepos(c.trees.Edit(base))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if entry, found, err := edit.Lookup(name); err != nil {
			return err
		} else if found && entry.Mode == gittree.Submodule {
			if err := edit.Remove(name); err != nil {
				return err
			}
		}
	}
	return c.submodules(edit, subs, hasSubmodules(before), ch)
}

func (c *converter) subrepos(edit *gittree.Edit) (map[string]subrepo, error) {
	sub, err := c.readFile(edit, subFile)
	if err != nil {
		return nil, err
	}
	state, err := c.readFile(edit, subStateFile)
	return parseSubrepos(sub, state), err
}

// submodules puts the git repositories among subs into the tree, and a
// .gitmodules unless the changeset has one of its own.
func (c *converter) submodules(edit *gittree.Edit, subs map[string]subrepo, had bool, ch change) error {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(subs)) {
		commit, ok := subs[name].commit()
		if !ok || entryProblem(name, gittree.Submodule) != "" {
			continue
		}
		if err := edit.Set(name, gittree.Submodule, commit); err != nil {
			return err
		}
		fmt.Fprintf(&b, "[submodule %s]\n\tpath = %s\n\turl = %s\n", configValue(name), configValue(name), configValue(subs[name].source))
	}
	if ch.gitModules {
		return nil
	}
	if b.Len() == 0 {
		if had {
			return edit.Remove(gitModules)
		}
		return nil
	}
	blob, err := c.session.Writer().Put(gitpack.Blob, b.Bytes())
	if err != nil {
		return err
	}
	return edit.Set(gitModules, gittree.File, blob)
}

func hasSubmodules(subs map[string]subrepo) bool {
	for name, s := range subs {
		if _, ok := s.commit(); ok && entryProblem(name, gittree.Submodule) == "" {
			return true
		}
	}
	return false
}

// commit is the commit of a subrepository that is a git repository with a
// source that can be cloned by others.
func (s subrepo) commit() (gitpack.ID, bool) {
	if s.kind != "git" || strings.HasPrefix(s.source, "-") || strings.ContainsFunc(s.source, unicode.IsControl) {
		return gitpack.ID{}, false
	}
	id, err := gitpack.ParseID(s.revision)
	return id, err == nil && !id.IsZero()
}

// configValue quotes text for a file in the form of git's configuration.
func configValue(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
}
