package gitlabtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// AddMergeRequest makes a merge request between two branches that are there.
func (m *Model) AddMergeRequest(p *Project, r MergeRequest) (*MergeRequest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addMergeRequest(p, &r)
}

func (m *Model) addMergeRequest(p *Project, r *MergeRequest) (*MergeRequest, error) {
	r.Kind, r.Project = "MergeRequest", p
	r.merge = r
	if r.Source == nil {
		r.Source = p
	}
	m.newItem(&r.Item)
	p.takeIID(&r.Item, r.IID)
	p.MergeRequests = append(p.MergeRequests, r)
	return r, m.refresh(r, nil)
}

// refresh takes over the head of the source branch of a merge request, and makes a
// new version of its diff when that is another one.
func (m *Model) refresh(r *MergeRequest, doer *User) error {
	if r.Source == nil {
		return nil
	}
	head, start := r.Source.refs["refs/heads/"+r.SourceBranch], r.Project.refs["refs/heads/"+r.TargetBranch]
	if head == "" || start == "" {
		return nil
	}
	return m.addVersion(r, head, start, doer)
}

// addVersion makes a version of a merge request's diff, and keeps its head.
func (m *Model) addVersion(r *MergeRequest, head, start string, doer *User) error {
	git := m.codeGit(r.Project)
	if r.Source != nil && r.Source != r.Project {
		if _, err := git.Run("fetch", "--quiet", "--no-tags", m.codeDir(r.Source), head); err != nil {
			return err
		}
	}
	base := git.MergeBase(start, head)
	if base == "" {
		base = start
	}
	if h := r.head(); h != nil && h.Head == head && h.Start == start && h.Base == base {
		return nil
	}
	for _, ref := range [][2]string{{fmt.Sprintf("refs/merge-requests/%d/head", r.IID), head}, {"refs/keep-around/" + head, head}, {"refs/keep-around/" + base, base}} {
		if err := git.SetRef(ref[0], ref[1]); err != nil {
			return err
		}
		r.Project.refs[ref[0]] = ref[1]
	}
	again := r.head()
	r.Versions = append(r.Versions, &Version{ID: m.next("diff"), Head: head, Base: base, Start: start, Created: m.clock()})
	if again == nil {
		return nil
	}
	if doer != nil {
		m.say(&r.Item, doer, m.clock(), "commit", "added commits")
		m.tell(&r.Item, doer, "push", nil)
	}
	return m.moveNotes(r, again)
}

// moveNotes lets the notes on a diff follow their lines into the newest version, as
// far as those are there; the others stay where they were.
func (m *Model) moveNotes(r *MergeRequest, before *Version) error {
	h := r.head()
	all, err := diffs(m.codeGit(r.Project), h.Base, h.Head)
	if err != nil {
		return err
	}
	for _, d := range r.Discussions {
		n := d.Notes[0]
		if n.Position == nil || n.Position.Type != "text" || n.Position.Head != before.Head {
			continue
		}
		for _, f := range all {
			if _, there := f.find(n.Position.OldLine, n.Position.NewLine); !there || f.new != n.Position.NewPath {
				continue
			}
			moved := *n.Position
			if moved.Original == nil {
				moved.Original = n.Position
			}
			moved.Base, moved.Start, moved.Head = h.Base, h.Start, h.Head
			for _, n := range d.Notes {
				n.Position = &moved
			}
		}
	}
	return nil
}

// setMerged says that a merge request was merged, by a commit on its target.
func (m *Model) setMerged(r *MergeRequest, by *User, commit string, at time.Time) {
	r.State, r.MergedAt, r.MergedBy, r.Updated = "merged", at, by, m.clock()
	if h := r.head(); h != nil && commit != h.Head {
		r.MergeCommit = commit
	}
	m.happen(&r.Item, Event{Kind: "state", User: by, Action: "merged", Created: at})
	m.say(&r.Item, by, at, "merged", "merged")
	m.tell(&r.Item, by, "merged", nil)
}

// mayMerge says whether whoever asks may merge: push to the target, or be let
// through by its protection.
func (c *call) mayMerge(r *MergeRequest) bool {
	if c.level(c.doer, r.Project) < Developer {
		return false
	}
	rules := rulesOf(r.Project.ProtectedBranches, r.TargetBranch)
	if len(rules) == 0 {
		return true
	}
	return slices.ContainsFunc(rules, func(p *ProtectedRef) bool {
		return c.passes(c.doer, r.Project, p.Merge) || c.passes(c.doer, r.Project, p.Push)
	})
}

// mergeStatus says whether a merge request can be merged, in the old words and in
// the new ones.
func (m *Model) mergeStatus(r *MergeRequest) (status, detail string) {
	h := r.head()
	target := r.Project.refs["refs/heads/"+r.TargetBranch]
	switch {
	case r.State != "opened":
		return "can_be_merged", "not_open"
	case h == nil || target == "":
		return "cannot_be_merged", "broken_status"
	case h.Head == h.Base:
		return "cannot_be_merged", "commits_status"
	case draftTitle(r.Title):
		return "can_be_merged", "draft_status"
	}
	if _, err := m.codeGit(r.Project).Run("merge-tree", "--write-tree", "--allow-unrelated-histories", target, h.Head); err != nil {
		return "cannot_be_merged", "conflict"
	}
	if r.Project.Settings["only_allow_merge_if_all_discussions_are_resolved"] == true && r.unresolved() {
		return "can_be_merged", "discussions_not_resolved"
	}
	return "can_be_merged", "mergeable"
}

// diverged is how many commits the target has that the merge request has not.
func (m *Model) diverged(r *MergeRequest) int64 {
	h, target := r.head(), r.Project.refs["refs/heads/"+r.TargetBranch]
	if h == nil || target == "" {
		return 0
	}
	out, err := m.codeGit(r.Project).Run("rev-list", "--count", h.Head+".."+target)
	if err != nil {
		return 0
	}
	return numberOf(out)
}

// merge merges a merge request as its project does, and moves the target.
func (c *call) merge(r *MergeRequest) error {
	git, h := c.codeGit(r.Project), r.head()
	target := r.Project.refs["refs/heads/"+r.TargetBranch]
	out, err := git.Run("merge-tree", "--write-tree", "--allow-unrelated-histories", target, h.Head)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "Branch cannot be merged")
	}
	tree, _, _ := strings.Cut(out, "\n")
	who := c.signature(c.doer)
	second := h.Head
	if c.on("squash") || r.Squash {
		message := c.text("squash_commit_message")
		if message == "" {
			message = r.Title
		}
		if second, err = git.CommitTree(tree, message+"\n", []string{target}, who, who); err != nil {
			return err
		}
		r.SquashCommit = second
	}
	id := second
	if method, _ := r.Project.Settings["merge_method"].(string); method != "ff" || !git.Contains(second, target) {
		message := c.text("merge_commit_message")
		if message == "" {
			message = fmt.Sprintf("Merge branch '%s' into '%s'\n\n%s\n\nSee merge request %s!%d", r.SourceBranch, r.TargetBranch, r.Title, r.Project.FullPath(), r.IID)
		}
		if id, err = git.CommitTree(tree, message, []string{target, second}, who, who); err != nil {
			return err
		}
		r.MergeCommit = id
	}
	c.setMerged(r, c.doer, id, c.clock())
	if err := git.SetRef("refs/heads/"+r.TargetBranch, id); err != nil {
		return err
	}
	if r.Source != nil && (c.on("should_remove_source_branch") || r.RemoveSource && !c.has("should_remove_source_branch")) && r.SourceBranch != r.Source.DefaultBranch {
		if err := c.codeGit(r.Source).SetRef("refs/heads/"+r.SourceBranch, ""); err != nil {
			return err
		}
		if r.Source != r.Project {
			if err := c.look(r.Source, c.doer); err != nil {
				return err
			}
		}
	}
	return c.look(r.Project, c.doer)
}
