package threads

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// draftPrefix makes a merge request a draft: the server knows them by the title.
const draftPrefix = "Draft: "

const (
	lossCommits  = "it shows no commits, because they are not at the target"
	lossDiff     = "it shows no commits, because its target branch held them all before"
	lossHeadName = "its source branch is shown under another name"
	lossBase     = "its target branch is shown as another one, because its own is gone"
	lossMerged   = "it is closed and says that it was merged, because the target merges nothing without making a commit"
	lossDraft    = "its title makes it a draft"
)

// change is a merge request to be written.
type change struct {
	*schema.Change
	wanted *wanted

	made    []string // temporary branches
	missing bool     // its commits are not at the target
	unsure  bool     // an earlier run may have been cut off
}

func (w *Writer) writeChange(ctx context.Context, r *project, one *providers.Write, b *schema.Change) (providers.Written, error) {
	n := &wanted{
		key: one.Record.Key(), number: b.Number, author: b.Author, at: b.CreatedAt,
		line:   attribution.Author{URL: b.URL, Verb: "opened this merge request"},
		closed: b.State != stateOpen, labels: labelNames(b.Labels), assignees: b.Assignees, locked: b.Locked, reactions: b.Reactions,
	}
	c := &change{Change: b, wanted: n}
	n.title, n.text = c.title(), plain(b.Text, &n.lost)
	n.findMilestone(one, b.Milestone)
	if b.State == stateOpen {
		n.reviewers = b.RequestedReviewers
	} else if asked := (team{named: names(b.RequestedReviewers)}).says("review requested of "); len(asked) > 0 {
		n.line.Extra = append(n.line.Extra, asked...)
	}
	if from := c.from(); from != "" {
		n.line.Extra = append(n.line.Extra, "from "+attribution.Code(from))
	}
	switch b.State {
	case stateMerged:
		merged := ended("merged", b.MergedBy, b.MergedAt, "")
		if isHex(b.MergeCommit) {
			merged += " as " + b.MergeCommit
		}
		n.line.Extra = append(n.line.Extra, merged)
	case stateClosed:
		n.line.Extra = append(n.line.Extra, ended("closed", nil, b.ClosedAt, ""))
	}
	if one.Ref.ID != "" {
		return w.updateChange(ctx, r, one, c)
	}
	return w.newChange(ctx, r, c)
}

func names(people []schema.Person) []string {
	var all []string
	for _, p := range people {
		if name := attribution.Name(p); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// drafts are the beginnings of titles that the server knows drafts by.
func drafts() []string { return []string{"draft:", "[draft]", "(draft)"} }

// title is the title as the server is given it.
func (c *change) title() string {
	lower := strings.ToLower(strings.TrimSpace(c.Title))
	draft := slices.ContainsFunc(drafts(), func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
	switch {
	case c.Draft && c.State != stateMerged && !draft:
		return draftPrefix + title(c.Title, len(draftPrefix), &c.wanted.lost)
	case draft && !c.Draft && c.State == stateOpen:
		c.wanted.lost.Add(lossDraft)
	}
	return title(c.Title, 0, &c.wanted.lost)
}

// from names the branch that it came from, with its repository.
func (c *change) from() string {
	switch {
	case c.Head.Branch == "":
		return ""
	case c.foreign():
		return c.Head.Repository + ":" + c.Head.Branch
	case c.Head.Gone:
		return c.Head.Branch
	}
	return ""
}

// foreign reports whether the head is in a fork.
func (c *change) foreign() bool { return c.Head.Repository != "" }

// living reports whether the head is a branch of the repository that the source
// still has.
func (c *change) living() bool { return !c.foreign() && !c.Head.Gone && c.Head.Branch != "" }

// newChange makes a merge request and brings it to its state.
func (w *Writer) newChange(ctx context.Context, r *project, c *change) (providers.Written, error) {
	have, made, err := w.createChange(ctx, r, c)
	if err != nil {
		return providers.Written{}, err
	}
	at := place{kind: onMerge, number: have.IID}
	if made {
		r.thread(at).begun()
	}
	c.unsure = !made
	return w.settleChange(ctx, r, c, have, made)
}

// createChange makes a merge request under its number. Made is false when an
// earlier run made it.
func (w *Writer) createChange(ctx context.Context, r *project, c *change) (have api.MergeRequest, made bool, err error) {
	r.changes.mu.Lock()
	defer r.changes.mu.Unlock()
	count := changeCount{w, r}
	number, err := w.reach(ctx, r, &r.changes, count, c.wanted)
	if err != nil {
		return have, false, err
	}
	if number != 0 {
		have, err = w.api.MergeRequest(ctx, r.id, number)
		return have, false, err
	}
	ends, err := w.openEnds(ctx, r, c)
	if err != nil {
		return have, false, err
	}
	post := func(v voice) (err error) {
		have, err = w.postChange(ctx, r, c, ends, v)
		return err
	}
	_, err = w.speak(r, c.Author, toMerge, post)
	if hasCode(err, providers.CodeConflict) && !isTemporary(ends.head) {
		// Another one from the same branch is open, if only until it is closed.
		if ends.head, err = w.ownHead(ctx, r, c, ends.base); err == nil {
			_, err = w.speak(r, c.Author, toMerge, post)
		}
	}
	w.passed(ctx, &r.changes, count, have.IID, err)
	if err != nil {
		return have, false, fmt.Errorf("from %s into %s: %w", schema.Printable(ends.head), schema.Printable(ends.base), err)
	}
	return have, true, nil
}

// postChange makes a merge request with as much as one request can carry.
func (w *Writer) postChange(ctx context.Context, r *project, c *change, between ends, v voice) (api.MergeRequest, error) {
	n := c.wanted
	var p people
	var err error
	if p.assignees, err = w.team(ctx, r, n.assignees, nil); err != nil {
		return api.MergeRequest{}, err
	}
	if p.reviewers, err = w.team(ctx, r, n.reviewers, nil); err != nil {
		return api.MergeRequest{}, err
	}
	return v.api.CreateMergeRequest(ctx, r.id, api.NewMergeRequest{
		Title: n.title, Description: n.body(shown{author: v.real}, append(p.says(), w.told(r, place{kind: onMerge}, n.reactions)...)),
		SourceBranch: between.head, TargetBranch: between.base,
		Labels: n.labels, MilestoneID: n.milestone, AssigneeIDs: p.assignees.ids, ReviewerIDs: p.reviewers.ids,
	})
}

func (w *Writer) updateChange(ctx context.Context, r *project, one *providers.Write, c *change) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	have, err := w.api.MergeRequest(ctx, r.id, at.number)
	if err != nil {
		return providers.Written{}, err
	}
	standing := have
	if have.State == stateMerged && c.State == stateMerged && one.Ref.Version != changeVersion(have) {
		standing.State = opened // the server merged it when its commits came into the target branch
	}
	if err := forgetarget.CheckVersion(one, changeVersion(standing)); err != nil {
		return providers.Written{}, err
	}
	c.unsure = r.doubted(at) || isTemporary(have.TargetBranch) || have.State == opened && c.wanted.closed
	r.forgetDiff(at)
	return w.settleChange(ctx, r, c, have, false)
}

// changeVersion is a digest of what a write sets of a merge request. Reviewers
// are people's to change once they are asked.
func changeVersion(m api.MergeRequest) string {
	return schema.Digest([]any{m.Title, m.Description, m.State, ordered(m.Labels), milestoneOf(m.Milestone), idsOf(m.Assignees), m.Locked})
}

func changeRef(m api.MergeRequest) schema.Ref {
	return schema.Ref{ID: place{kind: onMerge, number: m.IID}.id(), URL: m.WebURL, Text: fmt.Sprintf("!%d", m.IID), Version: changeVersion(m)}
}
