package githubtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Sample fills a model with the organisation "lantern": the repositories
// beacon, docs and vault, which between them have something of every kind, odd
// ones included, forks of them, and gists. It is the same each time, down to
// the ids of commits. The model must have git.
func Sample(m *Model) error {
	m.SetClock(Epoch, 97*time.Minute)
	s := &sampler{m: m}
	s.people()
	s.beacon()
	s.docs()
	s.vault()
	s.gists()
	// Whoever wrote something and left: the texts stay.
	m.DeleteUser(s.vanished)
	m.SetClock(m.Now(), time.Second)
	return s.err
}

// sampler builds the sample. It goes on after a failure, which is kept.
type sampler struct {
	m                                      *Model
	err                                    error
	org                                    *Org
	ada, grace, linus, mona, bot, vanished *User
	team                                   *Team
	bug, feature                           *IssueType
}

func (s *sampler) check(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sampler) people() {
	m := s.m
	s.ada = m.AddUser(User{Login: "ada", Name: "Ada Lindqvist", Email: "ada@lantern.example"})
	s.grace = m.AddUser(User{Login: "grace", Name: "Grace Okafor", Email: "grace@lantern.example"})
	s.linus = m.AddUser(User{Login: "linus-k", Name: "Linus Kowalski"})
	s.mona = m.AddUser(User{Login: "mona", Name: "Mona 🐙 Reyes", Email: "mona@elsewhere.example"})
	s.bot = m.AddUser(User{Login: "lantern-ci[bot]", Kind: KindBot})
	s.vanished = m.AddUser(User{Login: "wanderer", Name: "Wan Derer"})
	s.org = m.AddOrg("lantern", "Lantern Works", s.ada, s.grace, s.linus)
	s.org.Owners = []*User{s.ada}
	s.org.Description = "Lights for dark places"
	s.team = m.AddTeam(s.org, "Keepers")
	s.bug = m.AddIssueType(s.org, IssueType{Name: "Bug", Description: "Something that does not shine", Color: "red"})
	s.feature = m.AddIssueType(s.org, IssueType{Name: "Feature", Color: "blue"})
}

func (s *sampler) repository(owner *User, r *Repository) *Repository {
	made, err := s.m.AddRepository(owner, r)
	s.check(err)
	return made
}

func (s *sampler) push(r *Repository, branch string, by *User, message string, files map[string]string) string {
	commit, err := s.m.PushFiles(r, branch, by, message, files)
	s.check(err)
	return commit
}

func (s *sampler) importInto(r *Repository, stream string) { s.check(s.m.Import(r, stream)) }

// tag makes an annotated tag.
func (s *sampler) tag(r *Repository, name, commit, message string) {
	s.importInto(r, fmt.Sprintf("tag %s\nfrom %s\ntagger %s <%s> %d +0200\ndata %d\n%s\n",
		name, commit, s.grace.Name, s.grace.Email, s.m.Now().Unix(), len(message), message))
}

// merge commits files on main with a second parent, as the green button does.
func (s *sampler) merge(r *Repository, second, message string, files map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "commit refs/heads/main\nauthor %s <%s> %d +0100\ncommitter GitHub <noreply@github.com> %d +0000\ndata %d\n%s\nfrom refs/heads/main^0\nmerge %s\n",
		s.grace.Name, s.grace.Email, s.m.Now().Unix(), s.m.Now().Unix(), len(message), message, second)
	for name, text := range files {
		fmt.Fprintf(&b, "M 100644 inline %s\ndata %d\n%s\n", name, len(text), text)
	}
	s.importInto(r, b.String())
	return s.commit(r, "refs/heads/main")
}

func (s *sampler) commit(r *Repository, name string) string {
	c, err := s.m.Commit(r, name)
	s.check(err)
	return c
}

func (s *sampler) pull(r *Repository, i Issue) *Issue {
	p, err := s.m.AddPull(r, i)
	s.check(err)
	return p
}

// by is a text of somebody.
func by(u *User, text string) Content { return Content{Author: u, Body: text} }

func (s *sampler) comment(i *Issue, u *User, text string) *Comment {
	return s.m.AddComment(i, Comment{Content: by(u, text)})
}

func (s *sampler) react(t Texted, name string, all ...*User) {
	for _, u := range all {
		s.m.AddReaction(t, name, u)
	}
}

// large stores a large object in a repository, and returns its pointer.
func (s *sampler) large(r *Repository, data []byte) string {
	oid, err := gitserver.PutLFS(r.Dir, data)
	s.check(err)
	return gitserver.LFSPointer(oid, int64(len(data)))
}

// pixel is a PNG of one pixel.
const pixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"

func (s *sampler) docs() {
	m := s.m
	r := s.repository(s.org.User, &Repository{Name: "handbook", Description: "How to keep a light", Homepage: "https://lantern.example/docs",
		Topics: []string{"documentation", "lighthouse"}, License: "CC-BY-4.0"})
	s.push(r, "main", s.grace, "Begin", map[string]string{"README.md": "# Handbook\n\nSee lantern/beacon#1.\n"})
	m.AddCollaborator(r, Collaborator{User: s.grace, Role: "admin"})
	wiki := "# Keeping a light\n\nSee [[Oil]] and lantern/beacon#2.\n"
	s.check(m.ImportWiki(r, wikiCommit(s.grace, m.Now(), "Home.md", wiki)+wikiCommit(s.mona, m.Now().Add(time.Hour), "Oil.md", "# Oil 🛢\n\nNo water.\n")))

	i := m.AddIssue(r, Issue{Title: "Which oil?", Content: by(s.mona, "The wiki says *no water*; which oil then?\r\n\r\nSee lantern/beacon#1 and "+m.Base()+"/lantern/beacon/pull/5."), Labels: nil})
	s.comment(i, s.grace, "Colza. Answered in the wiki.")
	m.EditIssue(i, s.grace, func(i *Issue) { i.State = "closed" })
	q := m.AddCategory(r, Category{Name: "Q&A", Slug: "q-a", Emoji: ":pray:", Answerable: true})
	d := m.AddDiscussion(r, Discussion{Title: "How long does a wick last?", Category: q, Content: by(s.linus, "Mine burns for *three* days.")})
	first := m.AddDiscussionComment(d, DiscussionComment{Content: by(s.mona, "Mine for four. See lantern/beacon#11.")})
	m.AddDiscussionComment(d, DiscussionComment{Content: by(s.linus, "How?"), ReplyTo: first})
	answer := m.AddDiscussionComment(d, DiscussionComment{Content: by(s.ada, "Trim it every morning.")})
	s.react(answer, "heart", s.linus, s.mona)
	m.EditDiscussion(d, s.linus, func(d *Discussion) { d.Answer = answer })
	m.AddIssue(r, Issue{Title: "Translate the handbook", Content: by(s.linus, "")})

	e := m.AddRelease(r, Release{Tag: "2024-spring", Name: "Spring edition", Draft: true, Content: by(s.grace, "Not ready.")})
	m.AddAsset(e, Asset{Name: "handbook.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.4\n"), Uploader: s.grace})
	m.EditRepository(r, func(r *Repository) { r.Name = "docs" })
}

func wikiCommit(u *User, at time.Time, name, text string) string {
	message := "Write " + name
	return fmt.Sprintf("commit refs/heads/master\ncommitter %s <%s> %d +0000\ndata %d\n%s\nM 100644 inline %s\ndata %d\n%s\n",
		u.Name, u.Email, at.Unix(), len(message), message, name, len(text), text)
}

func (s *sampler) vault() {
	m := s.m
	r := s.repository(s.org.User, &Repository{Name: "vault", Visibility: "private", Description: "Keys"})
	s.push(r, "main", s.ada, "Lock up", map[string]string{"keys.txt": "none\n"})
	m.AddCollaborator(r, Collaborator{User: s.grace, Role: "write"})
	m.AddCollaborator(r, Collaborator{User: s.mona, Role: "read", Outside: true})
	url := m.AddAttachment(Attachment{Path: "/user-attachments/assets/3f1b2c64-8d52-4a55-9b1e-0c2f6d7a1e01", Name: "plan.png", ContentType: "image/png", Data: []byte(pixel), Private: true})
	m.AddIssue(r, Issue{Title: "Plan of the door", Content: by(s.ada, "![plan]("+url+")")})
	m.AddHook(r, Hook{URL: "https://hooks.lantern.example/vault", Events: []string{"push", "issues"}, Active: true, HasSecret: true})
	m.AddDeployKey(r, DeployKey{Title: "door", Key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000", ReadOnly: true})
	m.EditRepository(r, func(r *Repository) {
		r.Secrets, r.Variables, r.Environments, r.Packages = []string{"DOOR_CODE", "LAMP_TOKEN"}, []string{"REGION"}, []string{"production"}, []string{"vault-image"}
		r.Archived, r.HasWiki, r.HasProjects = true, false, false
	})
}

func (s *sampler) gists() {
	m := s.m
	g, err := m.AddGist(s.ada, "Trim a wick", true,
		[]GistFile{{"trim.sh", "#!/bin/sh\necho snip\n"}},
		[]GistFile{{"trim.sh", "#!/bin/sh\necho snip snip\n"}, {"notes.md", "# Notes\n\nTwice.\n"}})
	s.check(err)
	if err == nil {
		m.AddGistComment(g, GistComment{Content: by(s.mona, "Thrice!")})
	}
	var many []GistFile
	for n := range 12 {
		many = append(many, GistFile{fmt.Sprintf("night-%02d.txt", n+1), fmt.Sprintf("night %d: dark\n", n+1)})
	}
	_, err = m.AddGist(s.ada, "", false, many)
	s.check(err)
}
