package gitlabtest

import (
	"cmp"
	"fmt"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Sample fills a model with the group harbour: the project pilot, which has something
// of every kind, odd ones included, a fork of it, the private and archived project
// harbour/tower/lights, and snippets. It is the same each time, down to the ids of
// commits.
func Sample(m *Model) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now
	defer func() { m.now = now }()
	at := time.Date(2025, 3, 3, 7, 0, 0, 0, time.UTC)
	m.now = func() time.Time {
		at = at.Add(41 * time.Second)
		return at
	}
	s := &sampler{Model: m}
	s.people()
	s.pilot()
	s.issues()
	s.merges()
	s.releases()
	s.fork()
	s.tower()
	s.snippetsOfAll()
	return s.err
}

// sampler builds the sample. It goes on after a failure, which is kept.
type sampler struct {
	*Model
	err error

	mara, tomas, ines, otto, ghost *User
	group                          *Namespace
	project                        *Project
	bug, urgent                    *Label
	spring, summer                 *Milestone
}

func (s *sampler) check(err error) { s.err = cmp.Or(s.err, err) }

func (s *sampler) people() {
	s.mara = s.addUser(&User{Username: "mara", Name: "Mara Óskarsdóttir", Email: "mara@harbour.example", PublicEmail: "mara@harbour.example"})
	s.tomas = s.addUser(&User{Username: "tomas", Name: "Tomás Núñez", Email: "tomas@harbour.example"})
	s.ines = s.addUser(&User{Username: "ines.v", Name: "Ines Vale 🌊", Email: "ines@elsewhere.example"})
	s.otto = s.addUser(&User{Username: "otto", Name: "Otto Brandt", Email: "otto@harbour.example"})
	s.ghost = s.addUser(&User{Username: "ghost", Name: "Ghost User"})
	s.group = s.addNamespace(&Namespace{Name: "Harbour Works", Path: "harbour", Description: "Ships in, ships out", Visibility: "public"})
	s.group.Members = []*Member{s.newMember(s.mara, Owner, s.mara), s.newMember(s.tomas, Maintainer, s.mara)}
	s.urgent = s.label(nil, "priority::urgent", "#dc143c", "Before the tide")
	s.label(nil, "priority::later", "#cccccc", "")
	s.summer = s.addMilestone(&Milestone{Group: s.group, Title: "Summer", Due: date(2025, 8, 31)})
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// label makes a label of a project, or of the group when there is none.
func (s *sampler) label(p *Project, name, color, description string) *Label {
	l := &Label{ID: s.next("label"), Name: name, Color: color, Description: description}
	if p == nil {
		l.Group = s.group
		s.group.Labels = append(s.group.Labels, l)
		return l
	}
	p.Labels = append(p.Labels, l)
	return l
}

func (s *sampler) make(p *Project) *Project {
	made, err := s.addProject(p)
	s.check(err)
	return made
}

func (s *sampler) push(branch string, by *User, message string, files map[string]string) string {
	id, err := s.commitFiles(s.project, branch, by, message, files)
	s.check(err)
	return id
}

// branch makes a branch, or removes it when there is no commit.
func (s *sampler) branch(name, at string) {
	s.check(s.codeGit(s.project).SetRef("refs/heads/"+name, at))
	s.check(s.look(s.project, s.mara))
}

const chart = "depth 1\ndepth 2\ndepth 3\ndepth 4\ndepth 5\ndepth 6\ndepth 7\ndepth 8\n"

func (s *sampler) pilot() {
	s.project = s.make(&Project{Namespace: s.group, Name: "Pilot", Path: "pilot", Description: "Brings ships in", Visibility: "public", Creator: s.mara})
	s.setTopics(s.project, []string{"harbour", "navigation"})
	s.project.Members = append(s.project.Members, s.newMember(s.ines, Developer, s.mara), s.newMember(s.otto, Reporter, s.tomas))
	s.project.Members[0].Expires = date(2031, 1, 31)
	s.bug = s.label(s.project, "bug", "#ff0000", "Something that does not float")
	s.label(s.project, "good first issue", "#7057ff", "")
	s.spring = s.addMilestone(&Milestone{Project: s.project, Title: "Spring", Description: "Ice is gone", Start: date(2025, 3, 1), Due: date(2025, 5, 31)})
	s.addMilestone(&Milestone{Project: s.project, Title: "Winter", State: "closed"})

	oid, err := gitserver.PutLFS(s.codeDir(s.project), []byte("a large picture of the harbour"))
	s.check(err)
	first := s.push("main", s.mara, "Begin", map[string]string{
		"README.md": "# Pilot\n", "chart.txt": chart, ".gitattributes": "*.tif filter=lfs diff=lfs merge=lfs -text\n", "harbour.tif": gitserver.LFSPointer(oid, 30),
	})
	for _, name := range []string{"buoys", "lamps", "gone", "release/1"} {
		s.branch(name, first)
	}
	s.push("buoys", s.ines, "Add buoys", map[string]string{"buoys.txt": "red\ngreen\n", "chart.txt": "depth 1\nDEPTH 2\ndepth 3\ndepth 4\ndepth 5\ndepth 6\nrock\ndepth 7\ndepth 8\n"})
	s.push("lamps", s.tomas, "Add lamps", map[string]string{"lamps.txt": "one\n"})
	s.push("gone", s.ines, "Try something", map[string]string{"try.txt": "x\n"})
	s.project.ProtectedBranches = append(s.project.ProtectedBranches, &ProtectedRef{
		ID: s.next("protected branches"), Name: "release/*", Push: []*AccessRule{s.accessRule(0)}, Merge: []*AccessRule{s.accessRule(Developer)}, Force: true,
	})
	s.project.ProtectedTags = append(s.project.ProtectedTags, &ProtectedRef{ID: s.next("protected tags"), Name: "v*", Push: []*AccessRule{s.accessRule(Maintainer)}})
	s.check(s.makeWiki(s.project))
	ref := "refs/heads/main"
	home, err := s.commitOn(s.wikiGit(s.project), ref, "", s.mara, "Create home", []gitserver.File{{Path: "home.md", Data: []byte("# Home\n\nSee [[Tides]] and #1.\n")}})
	s.check(err)
	_, err = s.commitOn(s.wikiGit(s.project), ref, home, s.otto, "Create Tides", []gitserver.File{{Path: "deep/Tides.md", Data: []byte("# Tides 🌊\n")}, {Path: "uploads/0123456789abcdef0123456789abcdef/tide.txt", Data: []byte("high\n")}})
	s.check(err)
}

// by is an item of somebody.
func by(u *User, title, text string) Item { return Item{Author: u, Title: title, Description: text} }

func (s *sampler) issue(i Issue) *Issue { return s.addIssue(s.project, &i) }

func (s *sampler) note(i *Item, in *Discussion, u *User, text string) *Note {
	return s.addNote(i, in, &Note{Author: u, Body: text})
}

func (s *sampler) award(list *[]*Award, name string, all ...*User) {
	for _, u := range all {
		*list = append(*list, &Award{ID: s.next("award"), User: u, Name: name, Created: s.clock()})
	}
}

func (s *sampler) issues() {
	up := s.addUpload(s.project, s.ines, "leak.png", []byte("\x89PNG\r\n\x1a\n"))
	i := s.issue(Issue{Item: by(s.ines, "The pilot boat leaks", "It leaks, see ![leak](/uploads/"+up.Secret+"/"+up.Name+").\n\n- [x] find the hole\n- [ ] mend it\n\ncc @tomas, !1"), Due: date(2025, 4, 1)})
	i.Labels, i.Milestone, i.Assignees, i.Estimate, i.Spent = []*Label{s.bug, s.urgent}, s.spring, []*User{s.tomas}, 7200, 1800
	for _, l := range i.Labels {
		s.happen(&i.Item, Event{Kind: "label", User: s.ines, Action: "add", Label: l})
	}
	s.happen(&i.Item, Event{Kind: "milestone", User: s.tomas, Action: "add", Milestone: s.spring})
	s.say(&i.Item, s.ines, s.clock(), "assignee", "assigned to @tomas")
	s.award(&i.Awards, "thumbsup", s.mara, s.otto)
	s.award(&i.Awards, "rocket", s.tomas)
	single := s.note(&i.Item, nil, s.tomas, "Which boat?")
	s.award(&single.Awards, "eyes", s.ines)
	thread := s.addNote(&i.Item, nil, &Note{Author: s.otto, Body: "The *old* one, I think.", Type: "DiscussionNote"})
	edited := s.note(&i.Item, thread.Discussion, s.ines, "No: the new one.")
	edited.Updated = s.clock()
	s.addNote(&i.Item, nil, &Note{Author: s.mara, Body: "Not a word outside", Internal: true})

	secret := s.issue(Issue{Item: by(s.mara, "Who has the keys?", "Between us."), Confidential: true})
	s.setState(&secret.Item, s.mara, "closed", s.clock())
	secret.Links = append(secret.Links, &IssueLink{ID: s.next("issue link"), Source: secret, Target: i, Type: "blocks", Created: s.clock(), Updated: s.clock()})
	locked := s.issue(Issue{Item: by(s.ghost, "Paint it blue", ""), Type: "incident"})
	locked.Locked = true
	s.setState(&locked.Item, s.tomas, "closed", s.clock())
	s.setState(&locked.Item, s.tomas, "opened", s.clock())
	s.project.iids["Issue"]++ // one was deleted
	s.issue(Issue{Item: by(s.otto, "After the gap", "Was #4 the same? See harbour/pilot#1 and "+s.url+"/harbour/pilot/-/merge_requests/2.")}).Milestone = s.summer
}

func (s *sampler) merges() {
	p := s.project
	add := func(r MergeRequest) *MergeRequest {
		made, err := s.addMergeRequest(p, &r)
		s.check(err)
		return made
	}
	buoys := add(MergeRequest{Item: by(s.ines, "Add buoys", "Closes #1\r\n"), SourceBranch: "buoys", TargetBranch: "main"})
	buoys.Labels, buoys.Reviewers = []*Label{s.bug}, []*Reviewer{{User: s.tomas, State: "approved", Created: s.clock()}}
	if h := buoys.head(); h != nil {
		at := func(old, new int64) *Position {
			return &Position{Base: h.Base, Start: h.Start, Head: h.Head, OldPath: "chart.txt", NewPath: "chart.txt", Type: "text", OldLine: old, NewLine: new}
		}
		d := s.addNote(&buoys.Item, nil, &Note{Author: s.tomas, Body: "Why in capitals?", Type: "DiffNote", Position: at(0, 2)})
		s.note(&buoys.Item, d.Discussion, s.ines, "It was important.")
		d.Resolved, d.ResolvedBy, d.ResolvedAt = true, s.ines, s.clock()
		d.Discussion.Notes[1].Resolved, d.Discussion.Notes[1].ResolvedBy, d.Discussion.Notes[1].ResolvedAt = true, s.ines, d.ResolvedAt
		many := at(0, 7)
		code := sha1Of("chart.txt")
		many.LineRange = object{
			"start": object{"line_code": code + "_6_6", "type": nil, "old_line": 6, "new_line": 6}, "end": object{"line_code": code + "_7_7", "type": "new", "old_line": nil, "new_line": 7},
		}
		s.addNote(&buoys.Item, nil, &Note{Author: s.otto, Body: "A rock?\n\n```suggestion:-0+0\nshoal\n```", Type: "DiffNote", Position: many})
		s.addNote(&buoys.Item, nil, &Note{Author: s.mara, Body: "The removed line", Type: "DiffNote", Position: at(2, 0)})
	}
	s.note(&buoys.Item, nil, s.mara, "Fine with me, @ines.v.")
	buoys.Approvals = []*Approval{{User: s.tomas, At: s.clock()}}
	s.say(&buoys.Item, s.tomas, s.clock(), "approved", "approved this merge request")
	s.mergeByHand(buoys)

	lamps := add(MergeRequest{Item: by(s.tomas, "Draft: Add lamps", ""), SourceBranch: "lamps", TargetBranch: "main", Squash: true})
	lamps.Assignees, lamps.Reviewers, lamps.Milestone = []*User{s.tomas}, []*Reviewer{{User: s.ines, State: "unreviewed", Created: s.clock()}}, s.summer
	lamps.Labels = []*Label{s.urgent}
	s.note(&lamps.Item, nil, s.ines, "Which colour?")
	s.push("lamps", s.tomas, "Another lamp", map[string]string{"lamps.txt": "one\ntwo\n"})
	add(MergeRequest{Item: by(s.ines, "Try something", "No."), SourceBranch: "gone", TargetBranch: "main"})
	s.branch("gone", "")
	i, err := s.commitNotes(p, p.refs["refs/heads/main"])
	s.check(err)
	if err == nil {
		s.note(i, nil, s.otto, "A fine commit.")
	}
}

// mergeByHand merges on the target, as somebody's push does.
func (s *sampler) mergeByHand(r *MergeRequest) {
	git, main := s.codeGit(r.Project), r.Project.refs["refs/heads/main"]
	who := s.signature(s.mara)
	id, err := git.CommitTree(r.head().Head+"^{tree}", "Merge branch 'buoys' into 'main'\n", []string{main, r.head().Head}, who, who)
	s.check(err)
	s.check(git.SetRef("refs/heads/main", id))
	s.check(s.look(r.Project, s.mara))
}

func (s *sampler) releases() {
	p := s.project
	s.check(s.makeTag(p, "v1.0", "main", "The first\n\nWith buoys.", s.mara))
	s.check(s.makeTag(p, "v1.1-rc1", "lamps", "", s.mara))
	s.check(s.look(p, s.mara))
	file := s.addUpload(p, s.mara, "chart.pdf", []byte("%PDF-1.4\n"))
	for _, r := range []*Release{
		{Tag: "v1.0", Name: "Spring tide", Description: "Buoys, by @ines.v in !1.", Author: s.mara, Milestones: []*Milestone{s.spring}, Links: []*ReleaseLink{
			{ID: s.next("release link"), Name: "chart.pdf", URL: s.projectURL(p) + "/uploads/" + file.Secret + "/" + file.Name, Path: "/chart.pdf", Type: "other"},
			{ID: s.next("release link"), Name: "image", URL: "https://registry.harbour.example/pilot:1.0", Type: "image"},
		}},
		{Tag: "v1.1-rc1", Description: "", Author: s.ghost},
	} {
		r.SHA, r.Created, r.Released = s.codeGit(p).Resolve(r.Tag), s.clock(), s.clock()
		p.Releases = append(p.Releases, r)
	}
}

func (s *sampler) fork() {
	f := s.make(&Project{Namespace: s.otto.Namespace, Name: "Pilot", Path: "pilot", Visibility: "public", Creator: s.otto, ForkedFrom: s.project})
	_, err := s.codeGit(f).Run("fetch", "--quiet", s.codeDir(s.project), "refs/heads/main:refs/heads/main")
	s.check(err)
	s.check(s.look(f, s.otto))
	_, err = s.commitEdits(f, "horn", f.refs["refs/heads/main"], s.otto, "Add a horn", []gitserver.File{{Path: "horn.txt", Data: []byte("tooot\n")}})
	s.check(err)
	_, err = s.addMergeRequest(s.project, &MergeRequest{Item: by(s.otto, "Add a horn", "From my fork."), Source: f, SourceBranch: "horn", TargetBranch: "main", Collaboration: true})
	s.check(err)
}

func (s *sampler) tower() {
	in := s.addNamespace(&Namespace{Name: "Tower", Path: "tower", Parent: s.group, Visibility: "private"})
	in.Members = []*Member{s.newMember(s.otto, Developer, s.mara)}
	p := s.make(&Project{Namespace: in, Name: "Lights", Path: "lights", Description: "On and off", Creator: s.mara, Features: map[string]string{"wiki": "disabled", "issues": "private"}})
	for n := range 3 {
		_, err := s.commitFiles(p, "main", s.otto, fmt.Sprintf("Night %d", n+1), map[string]string{"log.txt": fmt.Sprintf("night %d\n", n+1)})
		s.check(err)
	}
	s.addIssue(p, &Issue{Item: by(s.otto, "The light is out", "Again.\n\nSee harbour/pilot!2.")})
	p.Archived = true
}

func (s *sampler) snippetsOfAll() {
	for _, v := range []struct {
		snippet Snippet
		files   []gitserver.File
	}{
		{Snippet{Item: Item{Author: s.ines, Title: "Knots", Description: "All *two*"}, Visibility: "public"}, []gitserver.File{{Path: "bowline.md", Data: []byte("# Bowline\n")}, {Path: "more/reef.md", Data: []byte("# Reef\n")}}},
		{Snippet{Item: Item{Author: s.mara, Title: "Radio", Project: s.project}, Visibility: "private"}, []gitserver.File{{Path: "radio.sh", Data: []byte("#!/bin/sh\necho over\n")}}},
	} {
		made := &v.snippet
		s.check(s.addSnippet(made))
		_, err := s.commitOn(s.snippetGit(made), "refs/heads/main", "", made.Author, "Initial commit", v.files)
		s.check(err)
		s.note(&made.Item, nil, s.otto, "Useful.")
	}
	s.notified = nil
}
