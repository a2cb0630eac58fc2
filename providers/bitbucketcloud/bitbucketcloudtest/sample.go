package bitbucketcloudtest

import (
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// People are those of the sample.
type People struct {
	Ada, Grace, Linus, Former *User
	Workspace                 *Workspace
	Beacon, Fork, Plain       *Repository
}

// Sample fills a stand-in with the workspace lantern: beacon, which has something of
// everything, plain, which has no issues and no pull requests, and empty. A fork of
// beacon belongs to grace.
func Sample(s *Server) (People, error) {
	m := s.Model
	p := People{
		Ada:    m.AddUser(User{Nickname: "ada", DisplayName: "Ada Lovelace"}),
		Grace:  m.AddUser(User{Nickname: "Grace H", DisplayName: "Grace Hopper"}),
		Linus:  m.AddUser(User{Nickname: "linus", DisplayName: "Linus"}),
		Former: m.AddUser(User{Nickname: "gone", Left: true}),
	}
	p.Workspace = m.AddWorkspace("lantern", p.Ada, p.Grace)
	m.AddWorkspace("grace", p.Grace)
	steps := []func(*Server, *People) error{sampleCode, sampleIssues, samplePulls, sampleRest}
	for _, step := range steps {
		if err := step(s, &p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// commits is a fast-import stream of a commit on main and one on each branch.
func commits(branches ...string) string {
	var b strings.Builder
	write := func(branch, from, file, text string, n int) {
		fmt.Fprintf(&b, "commit refs/heads/%s\nmark :%d\nauthor Ada Lovelace <ada@example.org> %d +0000\ncommitter Ada Lovelace <ada@example.org> %d +0000\ndata %d\n%s\n%sM 100644 inline %s\ndata %d\n%s\n\n",
			branch, n, 1700000000+n, 1700000000+n, len("Change "+file), "Change "+file, from, file, len(text), text)
	}
	write("main", "", "README.md", "# Beacon\n\nA light.\n", 1)
	for i, branch := range branches {
		write(branch, "from :1\n", "src/"+branch+".txt", strings.Repeat(branch+"\n", 5), i+2)
	}
	b.WriteString("reset refs/tags/v1\nfrom :1\n\n")
	return b.String()
}

func sampleCode(s *Server, p *People) (err error) {
	m := s.Model
	if p.Beacon, err = m.AddRepository(p.Workspace, Repository{
		Slug: "beacon", Name: "The Beacon", Description: "A light.", Website: "https://beacon.example.org", Private: true, HasIssues: true, Language: "go",
		Permissions: []Permission{{User: p.Ada, Level: "admin"}, {User: p.Linus, Level: "write"}},
	}); err != nil {
		return err
	}
	if err := m.Import(p.Beacon, commits("lamp", "declined", "squashed", "merged", "old")); err != nil {
		return err
	}
	if err := m.ImportWiki(p.Beacon, strings.ReplaceAll(commits(), "refs/heads/main", "refs/heads/master")); err != nil {
		return err
	}
	oid, err := gitserver.PutLFS(p.Beacon.Dir, []byte("a large file"))
	if err != nil {
		return err
	}
	pointer := gitserver.LFSPointer(oid, int64(len("a large file")))
	if err := m.Import(p.Beacon, fmt.Sprintf("commit refs/heads/main\nauthor Grace Hopper <grace@example.org> 1700001000 +0000\ncommitter Grace Hopper <grace@example.org> 1700001000 +0000\ndata 5\nlarge\nfrom refs/heads/main^0\nM 100644 inline large.bin\ndata %d\n%s\n", len(pointer), pointer)); err != nil {
		return err
	}
	if p.Fork, err = m.AddRepository(m.Workspaces[1], Repository{Slug: "beacon", Parent: p.Beacon, HasIssues: true}); err != nil {
		return err
	}
	if err := m.Import(p.Fork, commits("from-fork")); err != nil {
		return err
	}
	if p.Plain, err = m.AddRepository(p.Workspace, Repository{Slug: "plain"}); err != nil {
		return err
	}
	if err := m.Import(p.Plain, commits("work")); err != nil {
		return err
	}
	_, err = m.AddRepository(p.Workspace, Repository{Slug: "empty", Private: true, HasIssues: true, HasWiki: true})
	return err
}

func sampleIssues(s *Server, p *People) error {
	m, r := s.Model, p.Beacon
	m.Edit(func() {
		r.Milestones = []Named{{3, "First light"}, {4, "Storm"}}
		r.Components, r.Versions = []Named{{7, "lens"}}, []Named{{8, "1.0"}}
	})
	one := m.AddIssue(r, Issue{
		Title: "It does not shine", Text: "Ask @{" + p.Grace.AccountID + "} and @{" + p.Linus.AccountID + "}, see pull request #1.\n\n![dark](" + s.PictureURL("dark.png") + ")",
		Reporter: p.Ada, Assignee: p.Grace, Milestone: "First light", Component: "lens", Version: "1.0", Votes: 3, Watches: 2,
		Files: []File{{Name: "dark night.png", Data: []byte("dark")}, {Name: "log.txt", Data: []byte("nothing")}},
	})
	m.Comment(one, p.Linus, "Works for me, `@{"+p.Ada.AccountID+"}`. [Card](https://example.org/x){: data-inline-card='' }")
	m.Change(one, p.Ada, "", map[string]string{"state": "open", "priority": "critical"})
	m.Change(one, p.Ada, "Fixed, thanks to #2.", map[string]string{"state": "resolved", "assignee_account_id": p.Ada.AccountID})
	m.AddIssue(r, Issue{Title: "An old one", Text: "= Creole =", Markup: "creole", Reporter: p.Former, State: "on hold", Kind: "task", Priority: "trivial", Watches: 1})
	m.AddIssue(r, Issue{Title: "Deleted", Reporter: p.Ada})
	m.DeleteIssue(r, 3)
	last := m.AddIssue(r, Issue{ID: 4, Title: "Again", Text: "It is dark again.", Reporter: p.Linus, Kind: "proposal"})
	m.Change(last, p.Linus, "", map[string]string{"state": "duplicate"})
	m.Change(last, p.Linus, "", map[string]string{"state": "open", "title": "Dark again", "milestone": "Storm", "component": "lens"})
	return nil
}

func samplePulls(s *Server, p *People) error {
	m, r := s.Model, p.Beacon
	add := func(pull Pull) (*Pull, error) { return m.AddPull(r, pull) }
	open, err := add(Pull{Title: "A lamp", Text: "For #1.", Author: p.Linus, Source: "lamp", Reviewers: []*User{p.Ada, p.Grace}})
	if err != nil {
		return err
	}
	first := m.Say(open, Comment{User: p.Ada, Text: "Why so bright?", Inline: &Inline{Path: "src/lamp.txt", To: 3, StartTo: 2}, Resolver: p.Linus})
	m.Say(open, Comment{User: p.Linus, Text: "It is a lamp, @{" + p.Ada.AccountID + "}.", Parent: first.ID, Inline: &Inline{Path: "src/lamp.txt", To: 3, StartTo: 2}})
	m.Say(open, Comment{User: p.Grace, Text: "This line is gone.", Inline: &Inline{Path: "README.md", From: 1, Outdated: true}})
	m.Say(open, Comment{User: p.Grace, Text: "The whole file.", Inline: &Inline{Path: "README.md"}})
	gone := m.Say(open, Comment{User: p.Grace, Text: "secret", Deleted: true})
	m.Say(open, Comment{User: p.Ada, Text: "An answer to what is gone.", Parent: gone.ID})
	m.Say(open, Comment{User: p.Grace, Text: "never answered", Deleted: true})
	m.Say(open, Comment{User: p.Ada, Text: "not sent yet", Pending: true})
	m.AddTask(open, Task{Text: "Less bright", Creator: p.Ada, Comment: first.ID, Resolved: true})
	m.AddTask(open, Task{Text: "A test", Creator: p.Grace, Comment: first.ID})
	m.AddTask(open, Task{Text: "A changelog", Creator: p.Linus})
	m.Judge(open, p.Ada, "changes_requested")

	ends := []struct {
		pull          Pull
		state, reason string
		squash, keep  bool
	}{
		{Pull{Title: "Declined", Author: p.Ada, Source: "declined"}, "DECLINED", "Not now.", false, false},
		{Pull{Title: "Squashed", Author: p.Ada, Source: "squashed"}, "MERGED", "", true, false},
		{Pull{Title: "Merged", Author: p.Grace, Source: "merged"}, "MERGED", "", false, false},
		{Pull{Title: "Superseded", Author: p.Former, Source: "old"}, "SUPERSEDED", "", false, true},
	}
	for _, end := range ends {
		pull, err := add(end.pull)
		if err != nil {
			return err
		}
		if end.state == "MERGED" {
			m.Judge(pull, p.Linus, "approved")
		}
		if err := m.End(r, pull, p.Linus, end.state, end.reason, end.squash); err != nil {
			return err
		}
		if end.keep {
			continue
		}
		if err := m.DeleteBranch(r, end.pull.Source); err != nil {
			return err
		}
	}
	if _, err := add(Pull{Title: "From a fork", Author: p.Grace, SourceRepo: p.Fork, Source: "from-fork", Draft: true}); err != nil {
		return err
	}
	return nil
}

func sampleRest(s *Server, p *People) error {
	m, r := s.Model, p.Beacon
	m.Edit(func() {
		r.Model = BranchingModel{Development: "main", Prefixes: map[string]string{"release": "release/"}}
		r.Restrictions = []Restriction{
			{ID: 1, Kind: "push", Pattern: "main", Users: []*User{p.Ada}, Groups: []string{"Keepers"}},
			{ID: 2, Kind: "force", Pattern: "main"},
			{ID: 3, Kind: "require_approvals_to_merge", Pattern: "main", Value: 2},
			{ID: 4, Kind: "delete", BranchType: "release"},
			{ID: 5, Kind: "require_passing_builds_to_merge", Pattern: "main", Value: 1},
		}
		r.Groups = []Permission{{Group: "Keepers", Level: "write"}}
		r.Hooks = []string{"https://hooks.example.org/very/secret"}
		r.Keys, r.Downloads, r.Reviewers = []string{"deploy"}, []string{"beacon-1.0.zip"}, []*User{p.Grace}
	})
	return nil
}
