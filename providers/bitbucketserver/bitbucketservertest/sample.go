package bitbucketservertest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Sample fills the model with the project LAMP: the repository beacon, which has
// something of everything, its fork ~BOB/beacon, and an empty one.
func Sample(m *Model) error {
	s := sampler{m: m, ada: m.AddUser("ada", "Ada Lovelace"), bob: m.AddUser("bob", "Bob"), cy: m.AddUser("cy", "Cy Twombly")}
	lamp := m.AddProject("LAMP", "Lamps")
	home := m.Personal(s.bob)
	m.View(func() {
		m.Groups = []string{"keepers"}
		lamp.Access = Access{Users: []UserGrant{{s.ada, "PROJECT_ADMIN"}, {s.bob, "PROJECT_READ"}}, Groups: []GroupGrant{{"keepers", "PROJECT_READ"}}}
	})
	s.beacon = s.repository(lamp, Repository{
		Slug: "beacon", Name: "Beacon", Description: "A lamp 💡", Labels: []string{"light", "oil"}, Strategies: []string{"no-ff", "squash"}, AllTasks: true, Size: 4096,
		Access:     Access{Users: []UserGrant{{s.bob, "REPO_WRITE"}, {s.cy, "REPO_READ"}}, Groups: []GroupGrant{{"keepers", "REPO_WRITE"}}},
		Conditions: []*Condition{{ID: 1, Reviewers: []*User{s.cy}, Required: 1}},
		Webhooks:   []string{"https://hooks.example.org/secret-path?token=x"}, Keys: []string{"deploy"}, Tokens: []string{"ci"}, Hooks: []string{"Verify Committer"},
		Restrictions: []*Restriction{
			{ID: 1, Type: "no-deletes", Matching: "BRANCH", Ref: "refs/heads/main", Shown: "main"},
			{ID: 2, Type: "pull-request-only", Matching: "BRANCH", Ref: "refs/heads/main", Shown: "main", Users: []*User{s.ada}, Groups: []string{"keepers"}},
			{ID: 3, Type: "fast-forward-only", Matching: "PATTERN", Ref: "release/*", Shown: "release/*"},
			{ID: 4, Type: "read-only", Matching: "MODEL_CATEGORY", Ref: "HOTFIX", Shown: "Hotfix"},
		},
	}, sampleHistory())
	fork := s.repository(home, Repository{Slug: "beacon", Name: "beacon", Origin: s.beacon}, sampleHistory())
	s.repository(lamp, Repository{Slug: "empty", Archived: true}, "")
	if s.err != nil {
		return s.err
	}
	s.merged()
	s.declined()
	s.discussed()
	s.forked(fork)
	s.check(m.Import(s.beacon, "commit refs/heads/main\ncommitter Ada Lovelace <ada@example.org> 1700000900 +0000\ndata 4\nlast\nfrom refs/heads/main^0\nM 100644 inline last.txt\ndata 1\nx\n"))
	return s.err
}

// sampler makes the sample.
type sampler struct {
	m            *Model
	ada, bob, cy *User
	beacon       *Repository
	err          error
}

func (s *sampler) check(err error) { s.err = errors.Join(s.err, err) }

func (s *sampler) repository(p *Project, r Repository, history string) *Repository {
	added, err := s.m.AddRepository(p, r)
	s.check(err)
	if err == nil && history != "" {
		s.check(s.m.Import(added, history))
		s.check(putLarge(added.Dir))
	}
	return added
}

func (s *sampler) open(by *User, title, text string, from *Repository, head string, reviewers ...*User) *Pull {
	p, err := s.m.Open(s.beacon, by, title, text, from, head, "main", reviewers...)
	s.check(err)
	return p
}

// merged is pull request 1: approved, taken back, approved again, and merged; its
// branch is gone.
func (s *sampler) merged() {
	link := s.m.Upload(s.beacon, "shot one.png", []byte("\x89PNG one"))
	link = strings.ReplaceAll(link, " ", "%20")
	p := s.open(s.ada, "Brighter", "More *light*.\r\n\r\n![the lamp]("+link+"){width=100}\n\nIn code it stays: `[x]("+link+")`", nil, "brighter", s.bob, s.cy)
	s.m.Review(p, s.bob, "APPROVED")
	s.m.Review(p, s.bob, "UNAPPROVED")
	s.m.Review(p, s.cy, "NEEDS_WORK")
	s.m.Review(p, s.cy, "APPROVED")
	s.m.Comment(p, s.bob, "Fine, @ada. See #2.", nil)
	s.check(s.m.Merge(p, s.ada))
	s.check(s.m.DeleteBranch(s.beacon, "brighter"))
}

// declined is pull request 2: pushed to with force, declined, opened again, and
// declined for good; its branch is gone.
func (s *sampler) declined() {
	p := s.open(s.bob, "Darker", "", nil, "darker")
	s.check(s.m.Import(s.beacon, "commit refs/heads/darker\ncommitter Bob <bob@example.org> 1700000500 +0000\ndata 5\nother\nfrom refs/heads/main^0\nM 100644 inline dark.txt\ndata 6\nblack\n\n"))
	s.check(s.m.Rescope(p, s.bob, 1))
	s.check(s.m.Decline(p, s.ada))
	s.check(s.m.Reopen(p, s.bob))
	s.m.Ask(p, s.bob, s.ada, s.cy)
	s.check(s.m.Decline(p, s.ada))
	s.check(s.m.DeleteBranch(s.beacon, "darker"))
}

// discussed is pull request 3, which is open and a draft: with remarks on lines of
// both sides and a file, replies of some depth, tasks and emoji.
func (s *sampler) discussed() {
	p := s.open(s.ada, "Steadier", "Closes nothing.", nil, "steadier", s.bob)
	diff := []DiffLine{{"CONTEXT", 1, 1, "one"}, {"REMOVED", 2, 2, "two"}, {"ADDED", 3, 2, "TWO"}, {"CONTEXT", 3, 3, "three"}}
	first := s.m.Comment(p, s.bob, "Why in capitals?", &Anchor{Path: "a.txt", SrcPath: "old.txt", Line: 2, LineType: "ADDED", Diff: diff, Start: 1})
	answer := s.m.Reply(p, first, s.ada, "Because.")
	s.m.Reply(p, first, s.cy, "I wonder too.")
	deep := s.m.Reply(p, answer, s.bob, "No reason.")
	s.m.Reply(p, deep, s.ada, "It is one.")
	task := s.m.Reply(p, first, s.cy, "Explain it\n\nin a comment")
	done := s.m.Reply(p, answer, s.cy, "Sleep over it")
	gone := s.m.Comment(p, s.bob, "And this?", &Anchor{Path: "a.txt", Line: 2, LineType: "REMOVED", Diff: diff, Orphaned: true})
	s.m.Comment(p, s.cy, "The whole file", &Anchor{Path: "dir/b.txt"})
	s.m.Remark(p, s.bob, "Said in a review")
	draft := s.m.Comment(p, s.ada, "not yet", nil)
	s.m.Act(p, s.ada, "AUTO_MERGE_REQUESTED")
	s.m.Act(p, s.ada, "REVIEW_FINISHED")
	s.m.View(func() {
		p.Draft = true
		task.Task, done.Task, done.Done = true, true, true
		gone.Resolved, draft.Draft = true, true
		first.Likes = []*User{s.ada, s.cy}
		first.Emoji = map[string][]*User{"heart": {s.cy}, "thumbsup": {s.ada, s.cy}}
	})
}

// forked is pull request 4, from the fork.
func (s *sampler) forked(fork *Repository) {
	s.check(s.m.Import(fork, "commit refs/heads/mine\ncommitter Bob <bob@example.org> 1700000600 +0000\ndata 4\nmine\nfrom refs/heads/main^0\nM 100644 inline mine.txt\ndata 2\nm\n\n"))
	s.open(s.bob, "From afar", "", fork, "mine", s.ada)
}

// large is the content of the sample's large file.
const large = "a large file\n"

// putLarge stores the large file that the history names.
func putLarge(dir string) error {
	_, err := gitserver.PutLFS(dir, []byte(large))
	return err
}

// sampleHistory is a fast-import stream: main, three branches and a tag.
func sampleHistory() string {
	var b strings.Builder
	mark := 0
	commit := func(ref, from, name, text string) {
		mark++
		at := time.Unix(1700000000+int64(mark)*60, 0).Unix()
		fmt.Fprintf(&b, "commit %s\nmark :%d\nauthor Ada Lovelace <ada@example.org> %d +0000\ncommitter Bob <bob@example.org> %d +0000\ndata %d\n%s\n", ref, mark, at, at, len(name), name)
		if from != "" {
			fmt.Fprintf(&b, "from %s\n", from)
		}
		fmt.Fprintf(&b, "M 100644 inline %s\ndata %d\n%s\n", name, len(text), text)
	}
	commit("refs/heads/main", "", "a.txt", "one\ntwo\nthree\n")
	commit("refs/heads/main", ":1", "dir/b.txt", "b\n")
	sum := sha256.Sum256([]byte(large))
	commit("refs/heads/main", ":2", "large.bin", gitserver.LFSPointer(hex.EncodeToString(sum[:]), int64(len(large))))
	for _, branch := range []string{"brighter", "darker", "steadier"} {
		commit("refs/heads/"+branch, ":3", branch+".txt", branch+"\n")
	}
	b.WriteString("tag v1\nfrom :2\ntagger Cy Twombly <cy@example.org> 1700000300 +0000\ndata 3\nv1\n\n")
	return b.String()
}
