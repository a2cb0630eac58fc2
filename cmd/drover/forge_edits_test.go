package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// editor changes a small repository at the source at random, as people do who
// go on working while it is migrated.
type editor struct {
	t      testing.TB
	m      *githubtest.Model
	r      *githubtest.Repository
	people []*githubtest.User
	rand   *rand.Rand
	n      int // makes texts different
	main   map[string]string
	pushes int

	// synced says that the target has all that was there at first. Before that
	// labels and milestones are not edited: one that a run made and was killed
	// before it noted so is taken for somebody else's when it then differs, left
	// as it is, and told as a loss.
	synced bool

	// gone are the objects that were deleted, by the ids that their records
	// have; "12#" stands for all that stood under thread 12.
	gone []string
	log  []string
}

// newEditor makes a repository with a little of everything.
func newEditor(t testing.TB, m *githubtest.Model, seed uint64) *editor {
	t.Helper()
	e := &editor{t: t, m: m, rand: rand.New(rand.NewPCG(seed, 12)), main: map[string]string{"README.md": "# Api\n"}}
	for _, login := range []string{"ada", "grace", "linus"} {
		e.people = append(e.people, m.AddUser(githubtest.User{Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Email: login + "@old.example"}))
	}
	org := m.AddOrg("acme", "Acme", e.people...)
	org.Owners = e.people[:1]
	r, err := m.AddRepository(org.User, &githubtest.Repository{Name: "api", HasDiscussions: true})
	e.must(err)
	e.r = r
	e.push()
	for _, name := range []string{"bug", "docs"} {
		m.AddLabel(r, githubtest.Label{Name: name, Color: "d73a4a"})
	}
	m.AddMilestone(r, githubtest.Milestone{Title: "1.0"})
	m.AddCollaborator(r, githubtest.Collaborator{User: e.people[1], Role: "write"})
	m.AddCategory(r, githubtest.Category{Name: "Ideas", Slug: "ideas", Emoji: ":bulb:"})
	e.addIssue()
	e.addIssue()
	e.addComment()
	e.addPull()
	e.addReview()
	e.addRelease()
	e.log = nil
	return e
}

func (e *editor) must(err error) {
	if err != nil {
		e.t.Helper()
		e.t.Fatal(err)
	}
}

// edit makes one change.
func (e *editor) edit() {
	edits := []func() bool{
		e.addIssue, e.addIssue, e.editIssue, e.editIssue, e.closeIssue, e.labelIssue, e.assignIssue, e.planIssue, e.lockIssue, e.deleteIssue,
		e.addComment, e.addComment, e.addComment, e.editComment, e.editComment, e.deleteComment, e.react,
		e.addPull, e.addReview, e.addReview, e.answerReview, e.editReview, e.editRemark, e.deleteRemark, e.dismissReview, e.pushPull, e.mergePull, e.deleteHead,
		e.push, e.push, e.addRelease, e.editRelease, e.deleteRelease,
		e.addDiscussion, e.answerDiscussion, e.editMilestone, e.editLabel, e.describe,
	}
	for !edits[e.rand.IntN(len(edits))]() {
	}
}

func (e *editor) did(format string, args ...any) bool {
	e.log = append(e.log, fmt.Sprintf(format, args...))
	return true
}

func pick[T any](e *editor, from []T) (one T, ok bool) {
	if len(from) == 0 {
		return one, false
	}
	return from[e.rand.IntN(len(from))], true
}

func (e *editor) somebody() *githubtest.User {
	u, _ := pick(e, e.people)
	return u
}

// text is a new text, which may refer to people, threads and files.
func (e *editor) text() string {
	e.n++
	text := fmt.Sprintf("Text %d.", e.n)
	switch e.rand.IntN(6) {
	case 0:
		text += fmt.Sprintf(" See #%d and `#1`.", 1+e.rand.IntN(int(e.r.LastNumber())+2))
	case 1:
		text += " @" + e.somebody().Login + " should know, and @nobody-here too."
	case 2:
		text += fmt.Sprintf("\n\n![shot](%s)", e.m.AddAttachment(githubtest.Attachment{
			Path: fmt.Sprintf("/user-attachments/assets/00000000-0000-4000-8000-%012d", e.n), Name: fmt.Sprintf("shot-%d.png", e.n), ContentType: "image/png", Data: fmt.Appendf(nil, "\x89PNG\r\n\x1a\n%d", e.n),
		}))
	case 3:
		text += "\r\n\r\n```\n#1 @ada\n```\r\n"
	}
	return text
}

func (e *editor) content() githubtest.Content {
	return githubtest.Content{Author: e.somebody(), Body: e.text()}
}

func (e *editor) threads(want func(*githubtest.Issue) bool) []*githubtest.Issue {
	var list []*githubtest.Issue
	for _, i := range e.r.Issues {
		if want(i) {
			list = append(list, i)
		}
	}
	return list
}

func anyThread(*githubtest.Issue) bool { return true }
func isPull(i *githubtest.Issue) bool  { return i.Pull != nil }
func isOpenPull(i *githubtest.Issue) bool {
	return i.Pull != nil && i.State == "open" && !i.Pull.Head.Gone
}

func (e *editor) addIssue() bool {
	i := e.m.AddIssue(e.r, githubtest.Issue{Title: fmt.Sprintf("Issue %d", e.n), Content: e.content()})
	return e.did("add issue %d", i.Number)
}

func (e *editor) editIssue() bool {
	i, _ := pick(e, e.threads(anyThread))
	text := e.text()
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) {
		if e.rand.IntN(2) == 0 {
			i.Title = fmt.Sprintf("Renamed %d", e.n)
		} else {
			i.Body = text
		}
	})
	return e.did("edit %d", i.Number)
}

func (e *editor) closeIssue() bool {
	i, _ := pick(e, e.threads(func(i *githubtest.Issue) bool { return i.Pull == nil || i.Pull.MergedAt.IsZero() && !i.Pull.Head.Gone }))
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) {
		if i.State == "open" {
			i.State = "closed"
		} else {
			i.State = "open"
		}
	})
	return e.did("%d is now %s", i.Number, i.State)
}

func (e *editor) labelIssue() bool {
	i, _ := pick(e, e.threads(anyThread))
	l, _ := pick(e, e.r.Labels)
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) { i.Labels = toggled(i.Labels, l) })
	return e.did("label %d", i.Number)
}

func (e *editor) assignIssue() bool {
	i, _ := pick(e, e.threads(anyThread))
	u := e.somebody()
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) { i.Assignees = toggled(i.Assignees, u) })
	return e.did("assign %d", i.Number)
}

func (e *editor) planIssue() bool {
	i, _ := pick(e, e.threads(anyThread))
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) {
		if i.Milestone == nil {
			i.Milestone = e.r.Milestones[0]
		} else {
			i.Milestone = nil
		}
	})
	return e.did("plan %d", i.Number)
}

func (e *editor) lockIssue() bool {
	i, _ := pick(e, e.threads(anyThread))
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) { i.Locked, i.LockReason = !i.Locked, "" })
	return e.did("lock %d", i.Number)
}

func toggled[T comparable](list []T, one T) []T {
	if at := slices.Index(list, one); at >= 0 {
		return slices.Delete(slices.Clone(list), at, at+1)
	}
	return append(slices.Clone(list), one)
}

func (e *editor) deleteIssue() bool {
	i, ok := pick(e, e.threads(func(i *githubtest.Issue) bool { return i.Pull == nil && i.Number > 1 }))
	if !ok {
		return false
	}
	for _, o := range e.threads(anyThread) {
		for _, event := range o.Events {
			if event.Source == i {
				e.gone = append(e.gone, fmt.Sprintf("%d#%s", o.Number, event.NodeID()))
			}
		}
	}
	e.m.DeleteIssue(i)
	e.gone = append(e.gone, fmt.Sprint(i.Number), fmt.Sprintf("%d#", i.Number))
	// What it referred to tells of it no longer, and is not updated by that.
	for _, o := range e.threads(anyThread) {
		e.touch(o)
	}
	return e.did("delete %d", i.Number)
}

func (e *editor) comments() []*githubtest.Comment {
	var list []*githubtest.Comment
	for _, i := range e.r.Issues {
		list = append(list, i.Comments...)
	}
	return list
}

func (e *editor) addComment() bool {
	i, _ := pick(e, e.threads(anyThread))
	c := e.m.AddComment(i, githubtest.Comment{Content: e.content()})
	return e.did("add comment %d to %d", c.ID, i.Number)
}

func (e *editor) editComment() bool {
	c, ok := pick(e, e.comments())
	if !ok {
		return false
	}
	text := e.text()
	e.m.EditComment(c, e.somebody(), func(c *githubtest.Comment) { c.Body = text })
	return e.did("edit comment %d of %d", c.ID, c.Issue.Number)
}

func (e *editor) deleteComment() bool {
	c, ok := pick(e, e.comments())
	if !ok {
		return false
	}
	e.m.DeleteComment(c, e.somebody())
	e.gone = append(e.gone, fmt.Sprintf("%d#issuecomment-%d", c.Issue.Number, c.ID))
	return e.did("delete comment %d of %d", c.ID, c.Issue.Number)
}

// touch makes a thread count as updated.
func (e *editor) touch(i *githubtest.Issue) {
	e.m.EditIssue(i, e.somebody(), func(i *githubtest.Issue) { i.Title += "." })
}

// react adds or takes back a reaction. That alone would not be seen: it is no
// update.
func (e *editor) react() bool {
	i, _ := pick(e, e.threads(anyThread))
	var to githubtest.Texted = i
	if c, ok := pick(e, i.Comments); ok && e.rand.IntN(2) == 0 {
		to = c
	}
	if have := githubtest.ContentOf(to).Reactions; len(have) > 0 && e.rand.IntN(2) == 0 {
		e.m.DeleteReaction(to, have[0])
	} else if u := e.somebody(); !slices.ContainsFunc(have, func(r *githubtest.Reaction) bool { return r.User == u }) {
		e.m.AddReaction(to, "heart", u)
	}
	e.touch(i)
	return e.did("react in %d", i.Number)
}

func (e *editor) push() bool {
	e.pushes++
	e.main[fmt.Sprintf("file-%d.txt", e.pushes)] = fmt.Sprintf("one\ntwo\n%d\n", e.pushes)
	_, err := e.m.PushFiles(e.r, "main", e.somebody(), fmt.Sprintf("Push %d", e.pushes), e.main)
	e.must(err)
	return e.did("push %d", e.pushes)
}

func (e *editor) addPull() bool {
	e.pushes++
	branch := fmt.Sprintf("topic-%d", e.pushes)
	base, err := e.m.Commit(e.r, "refs/heads/main")
	e.must(err)
	stream := fmt.Sprintf("commit refs/heads/%s\ncommitter Ada <ada@old.example> %d +0000\ndata 5\nTopic\nfrom %s\nM 100644 inline topic.txt\ndata 12\none\ntwo\nend\n\n", branch, e.m.Now().Unix(), base)
	e.must(e.m.Import(e.r, stream))
	p, err := e.m.AddPull(e.r, githubtest.Issue{Title: fmt.Sprintf("Pull %d", e.pushes), Content: e.content(), Pull: &githubtest.Pull{Head: githubtest.Tip{Branch: branch}, Draft: e.rand.IntN(4) == 0}})
	e.must(err)
	return e.did("add pull %d", p.Number)
}

func (e *editor) addReview() bool {
	p, ok := pick(e, e.threads(isOpenPull))
	if !ok {
		return false
	}
	var notes []githubtest.Note
	for n := range e.rand.IntN(3) {
		notes = append(notes, githubtest.Note{Body: e.text(), Place: githubtest.Place{Path: "topic.txt", Line: int64(n + 1)}, Hunk: "@@ -0,0 +1,3 @@\n+one\n+two\n+end"})
	}
	states := []string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED"}
	e.m.AddReview(p, githubtest.Review{State: states[e.rand.IntN(3)], Content: e.content()}, notes...)
	return e.did("review %d with %d remarks", p.Number, len(notes))
}

// answerReview adds a reply in a review's thread.
func (e *editor) answerReview() bool {
	p, ok := pick(e, e.threads(func(i *githubtest.Issue) bool { return isOpenPull(i) && len(i.Pull.Threads) > 0 }))
	if !ok {
		return false
	}
	thread, _ := pick(e, p.Pull.Threads)
	e.m.AddReview(p, githubtest.Review{State: "COMMENTED", Content: githubtest.Content{Author: e.somebody()}}, githubtest.Note{Body: e.text(), Thread: thread})
	return e.did("answer in %d", p.Number)
}

func (e *editor) reviews() []*githubtest.Review {
	var list []*githubtest.Review
	for _, p := range e.threads(isPull) {
		list = append(list, p.Pull.Reviews...)
	}
	return list
}

func (e *editor) remarks() []*githubtest.ReviewComment {
	var list []*githubtest.ReviewComment
	for _, r := range e.reviews() {
		list = append(list, r.Comments...)
	}
	return list
}

func (e *editor) editReview() bool {
	r, ok := pick(e, e.reviews())
	if !ok || r.Body == "" {
		return false
	}
	text := e.text()
	e.m.EditReview(r, r.Author, func(r *githubtest.Review) { r.Body = text })
	return e.did("edit review %d of %d", r.ID, r.Issue.Number)
}

func (e *editor) editRemark() bool {
	c, ok := pick(e, e.remarks())
	if !ok {
		return false
	}
	text := e.text()
	e.m.EditReviewComment(c, c.Author, func(c *githubtest.ReviewComment) { c.Body = text })
	return e.did("edit remark %d of %d", c.ID, c.Review.Issue.Number)
}

func (e *editor) deleteRemark() bool {
	c, ok := pick(e, e.remarks())
	if !ok {
		return false
	}
	e.m.DeleteReviewComment(c)
	e.gone = append(e.gone, fmt.Sprintf("%d#discussion_r%d", c.Review.Issue.Number, c.ID))
	return e.did("delete remark %d of %d", c.ID, c.Review.Issue.Number)
}

func (e *editor) dismissReview() bool {
	r, ok := pick(e, e.reviews())
	if !ok || r.State == "COMMENTED" || r.State == "DISMISSED" {
		return false
	}
	e.m.DismissReview(r, e.somebody(), "No longer.")
	return e.did("dismiss review %d of %d", r.ID, r.Issue.Number)
}

func (e *editor) pushPull() bool {
	p, ok := pick(e, e.threads(isOpenPull))
	if !ok {
		return false
	}
	e.pushes++
	stream := fmt.Sprintf("commit refs/heads/%s\ncommitter Ada <ada@old.example> %d +0000\ndata 4\nMore\nfrom %s\nM 100644 inline more-%d.txt\ndata 3\none\n\n", p.Pull.Head.Branch, e.m.Now().Unix(), p.Pull.Head.Commit, e.pushes)
	e.must(e.m.Import(e.r, stream))
	return e.did("push to %d", p.Number)
}

func (e *editor) mergePull() bool {
	p, ok := pick(e, e.threads(isOpenPull))
	if !ok {
		return false
	}
	base, err := e.m.Commit(e.r, "refs/heads/main")
	e.must(err)
	e.main["topic.txt"] = "one\ntwo\nend\n"
	stream := fmt.Sprintf("commit refs/heads/main\ncommitter GitHub <noreply@old.example> %d +0000\ndata 5\nMerge\nfrom %s\nmerge %s\nM 100644 inline topic.txt\ndata 12\none\ntwo\nend\n\n", e.m.Now().Unix(), base, p.Pull.Head.Commit)
	e.must(e.m.Import(e.r, stream))
	commit, err := e.m.Commit(e.r, "refs/heads/main")
	e.must(err)
	e.m.MergePull(p, e.somebody(), commit)
	return e.did("merge %d", p.Number)
}

func (e *editor) deleteHead() bool {
	p, ok := pick(e, e.threads(func(i *githubtest.Issue) bool { return i.Pull != nil && i.State == "closed" && !i.Pull.Head.Gone }))
	if !ok {
		return false
	}
	e.must(e.m.DeleteHead(p, e.somebody()))
	e.gone = append(e.gone, "refs/heads/"+p.Pull.Head.Branch)
	return e.did("delete the branch of %d", p.Number)
}

func (e *editor) addRelease() bool {
	e.n++
	commit, err := e.m.Commit(e.r, "refs/heads/main")
	e.must(err)
	tag := fmt.Sprintf("v%d", e.n)
	e.must(e.m.Import(e.r, fmt.Sprintf("reset refs/tags/%s\nfrom %s\n\n", tag, commit)))
	r := e.m.AddRelease(e.r, githubtest.Release{Tag: tag, Name: "Release " + tag, Content: e.content(), Draft: e.rand.IntN(5) == 0})
	e.m.AddAsset(r, githubtest.Asset{Name: "asset.bin", Data: []byte("asset of " + tag), Uploader: e.people[0]})
	return e.did("add release %s", tag)
}

func (e *editor) editRelease() bool {
	r, ok := pick(e, e.r.Releases)
	if !ok {
		return false
	}
	text := e.text()
	e.m.EditRelease(r, func(r *githubtest.Release) { r.Body = text })
	return e.did("edit release %s", r.Tag)
}

func (e *editor) deleteRelease() bool {
	r, ok := pick(e, e.r.Releases)
	if !ok {
		return false
	}
	e.m.DeleteRelease(r)
	e.gone = append(e.gone, fmt.Sprint(r.ID), r.Tag)
	for _, a := range r.Assets {
		e.gone = append(e.gone, fmt.Sprint(a.ID))
	}
	return e.did("delete release %s", r.Tag)
}

func (e *editor) addDiscussion() bool {
	d := e.m.AddDiscussion(e.r, githubtest.Discussion{Title: fmt.Sprintf("Discussion %d", e.n), Category: e.r.Categories[0], Content: e.content()})
	return e.did("add discussion %d", d.Number)
}

func (e *editor) answerDiscussion() bool {
	d, ok := pick(e, e.r.Discussions)
	if !ok {
		return false
	}
	e.m.AddDiscussionComment(d, githubtest.DiscussionComment{Content: e.content()})
	return e.did("answer discussion %d", d.Number)
}

func (e *editor) editMilestone() bool {
	if !e.synced {
		return false
	}
	s := e.r.Milestones[0]
	e.n++
	e.m.EditMilestone(s, func(s *githubtest.Milestone) { s.Description = fmt.Sprintf("Plan %d", e.n) })
	return e.did("edit the milestone")
}

func (e *editor) editLabel() bool {
	if !e.synced {
		return false
	}
	l, _ := pick(e, e.r.Labels)
	e.n++
	e.m.EditLabel(l, func(l *githubtest.Label) {
		l.Description, l.Color = fmt.Sprintf("Means %d", e.n), fmt.Sprintf("%06x", e.n)
	})
	return e.did("edit label %s", l.Name)
}

func (e *editor) describe() bool {
	e.n++
	e.m.EditRepository(e.r, func(r *githubtest.Repository) { r.Description = fmt.Sprintf("Description %d", e.n) })
	return e.did("describe the repository")
}

// left reports whether a thing may stand at the target although a fresh
// migration would not bring it: because it, or what it belongs to, was deleted
// at the source, or because no text links to the file any more. One of the words
// of name is the id of its record, a number, a tag or a ref.
func (e *editor) left(name, value string) bool {
	for word := range strings.FieldsSeq(name) {
		if slices.ContainsFunc(e.gone, func(g string) bool { return g == word || strings.HasSuffix(g, "#") && strings.HasPrefix(word, g) }) {
			return true
		}
	}
	file := attachmentID.FindString(name + value)
	return file != "" && !slices.ContainsFunc(e.texts(), func(text string) bool { return strings.Contains(text, file) })
}

var attachmentID = regexp.MustCompile(`0{8}-0000-4000-8000-\d{12}`)

// texts are all texts of the repository.
func (e *editor) texts() []string {
	var all []string
	for _, i := range e.r.Issues {
		all = append(all, i.Body)
		for _, c := range i.Comments {
			all = append(all, c.Body)
		}
	}
	for _, r := range e.reviews() {
		all = append(all, r.Body)
	}
	for _, c := range e.remarks() {
		all = append(all, c.Body)
	}
	for _, d := range e.r.Discussions {
		all = append(all, d.Body)
		for _, c := range d.Comments {
			all = append(all, c.Body)
		}
	}
	for _, r := range e.r.Releases {
		all = append(all, r.Body)
	}
	return all
}
