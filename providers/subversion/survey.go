package subversion

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// survey finds the layout of a repository from its log. It reads paths only, so
// it sees what people called their folders and what they copied and moved.
//
// Its fields are exported for the state: a later run goes on where an earlier
// one ended, to notice that the layout changed.
type survey struct {
	Projects map[string]*project // by folder
	Seen     int64               // the last revision
}

// project is a folder that has or had a trunk, branches or tags in it.
type project struct {
	Trunks   []string // where its trunk was, the newest first
	Alive    bool     // the newest trunk is there
	Branches []string // its folders of branches, such as "branches"
	Tags     []string
	Copied   bool   // something was copied into one of these two
	From     string // the project from which its trunk was moved here
	Moved    bool   // the trunk went to another project
}

// conventional are the names of folders by which a layout is recognised.
func conventional(name string) (kind, bool) {
	switch strings.ToLower(name) {
	case "trunk":
		return trunk, true
	case "branches", "branch":
		return branch, true
	case "tags", "tag":
		return tag, true
	}
	return 0, false
}

func newSurvey() *survey { return &survey{Projects: map[string]*project{}} }

// add takes the next revision into account.
func (s *survey) add(e svn.LogEntry) {
	s.Seen = e.Number
	removed := map[string]bool{}
	for _, c := range e.Changes {
		if c.Action == svn.Delete || c.Action == svn.Replace {
			removed[c.Path] = true
		}
	}
	// What is moved is looked at before it is gone, whatever the order in which
	// the source lists a copy and a removal.
	for _, c := range e.Changes {
		if c.Action != svn.Add && c.Action != svn.Replace {
			continue
		}
		if c.FromRevision >= 0 {
			s.copiedInto(parent(c.Path))
		}
		if c.Kind != svn.File {
			s.added(c, removed)
		}
	}
	for p := range removed {
		if !slices.ContainsFunc(e.Changes, func(c svn.Change) bool { return c.Path == p && c.Action != svn.Delete }) {
			s.removed(p)
		}
	}
}

func (s *survey) added(c svn.Change, removed map[string]bool) {
	if c.FromRevision >= 0 {
		s.moveTrunk(c, removed)
		s.copyProjects(c)
	}
	s.named(c.Path)
}

// copiedInto notes a copy into a folder of branches or tags, or into one of
// these.
func (s *survey) copiedInto(folder string) {
	for at := folder; at != ""; at = parent(at) {
		if p := s.Projects[parent(at)]; p != nil && (slices.Contains(p.Branches, base(at)) || slices.Contains(p.Tags, base(at))) {
			p.Copied = true
		}
	}
}

// named notes that there is a folder at p, if its name tells something.
func (s *survey) named(p string) {
	k, ok := conventional(base(p))
	if !ok || p == "" || s.inside(parent(p)) {
		return
	}
	folder := parent(p)
	of := s.Projects[folder]
	if of == nil {
		of = &project{}
		s.Projects[folder] = of
	}
	switch k {
	case trunk:
		of.Alive, of.Moved = true, false
		of.Trunks = prepend(of.Trunks, p)
	case branch:
		of.Branches = prepend(of.Branches, base(p))
	case tag:
		of.Tags = prepend(of.Tags, base(p))
	}
}

// inside reports whether folder is part of a line, or a folder of lines.
func (s *survey) inside(folder string) bool {
	for at := folder; at != ""; at = parent(at) {
		if _, ok := conventional(base(at)); ok {
			return true
		}
		for _, p := range s.Projects {
			if p.Alive && p.Trunks[0] == at {
				return true
			}
		}
	}
	return false
}

// moveTrunk follows a trunk that is copied to another place by the revision
// that removes it.
func (s *survey) moveTrunk(c svn.Change, removed map[string]bool) {
	for _, folder := range slices.Sorted(maps.Keys(s.Projects)) {
		p := s.Projects[folder]
		if !p.Alive || p.Trunks[0] != c.FromPath || !removed[c.FromPath] || s.inside(parent(c.Path)) {
			continue
		}
		if k, ok := conventional(base(c.Path)); ok && k == trunk && parent(c.Path) != folder {
			s.named(c.Path)
			to := s.Projects[parent(c.Path)]
			if to.From == "" && len(to.Trunks) == 1 {
				to.From = folder
				to.Trunks = append(to.Trunks, p.Trunks...)
			}
			p.Alive, p.Moved = false, true
		} else if !ok {
			p.Trunks = prepend(p.Trunks, c.Path)
		}
		return
	}
}

// copyProjects notes the projects inside of a folder that is copied as a whole.
func (s *survey) copyProjects(c svn.Change) {
	if s.inside(c.Path) {
		return
	}
	for _, folder := range slices.Sorted(maps.Keys(s.Projects)) {
		p := s.Projects[folder]
		if !within(folder, c.FromPath) || folder == "" {
			continue
		}
		to := join(c.Path, rest(folder, c.FromPath))
		if s.Projects[to] != nil || to == folder {
			continue
		}
		twin := &project{Alive: p.Alive, Branches: p.Branches, Tags: p.Tags, Copied: p.Copied, From: folder}
		for _, t := range p.Trunks {
			if within(t, folder) {
				twin.Trunks = append(twin.Trunks, join(to, rest(t, folder)))
			}
		}
		if len(twin.Trunks) == 0 {
			twin.Alive = false
		}
		twin.Trunks = append(twin.Trunks, p.Trunks...)
		s.Projects[to] = twin
	}
}

func (s *survey) removed(at string) {
	for _, p := range s.Projects {
		if p.Alive && within(p.Trunks[0], at) {
			p.Alive = false
		}
	}
}

// prepend puts s first, and nowhere else.
func prepend(list []string, s string) []string {
	return slices.Insert(slices.DeleteFunc(slices.Clone(list), func(t string) bool { return t == s }), 0, s)
}

// candidates returns the folders of the projects that there are, in order.
//
// A name alone proves little: a program may have a folder called tags. Below
// the root, a project is what has a trunk; in the root, branches or tags will do
// when something was copied there.
func (s *survey) candidates(home string) []string {
	var living, dead []string
	for _, folder := range slices.Sorted(maps.Keys(s.Projects)) {
		p := s.Projects[folder]
		switch {
		case !within(folder, home) || p.Moved:
		case p.Alive:
			living = append(living, folder)
		case len(p.Trunks) > 0, folder == home && p.Copied:
			dead = append(dead, folder)
		}
	}
	if len(living) > 0 {
		return living
	}
	return dead
}

// layout returns the layout of the project in folder. Home is the folder whose
// files are converted.
func (s *survey) layout(folder, home string) layout {
	p := s.Projects[folder]
	if p == nil || len(p.Trunks) == 0 && !p.Copied {
		return layout{Trunk: []string{folder}, Home: home}
	}
	l := layout{Trunk: slices.Clone(p.Trunks), Home: home}
	if len(l.Trunk) == 0 {
		l.Trunk = []string{folder}
	}
	met := map[string]bool{}
	for at := folder; p != nil && !met[at]; at, p = p.From, s.Projects[p.From] {
		met[at] = true
		for _, name := range p.Branches {
			l.Branches = append(l.Branches, join(at, name)+"/*")
		}
		for _, name := range p.Tags {
			l.Tags = append(l.Tags, join(at, name)+"/*")
		}
		if at == folder && len(p.Branches) == 0 && len(p.Trunks) > 0 {
			l.Branches = append(l.Branches, join(folder, "branches/*"))
		}
		if at == folder && len(p.Tags) == 0 && len(p.Trunks) > 0 {
			l.Tags = append(l.Tags, join(folder, "tags/*"))
		}
		if at == p.From {
			break
		}
	}
	return l
}
