package threads

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	stateOpen   = "open"
	stateClosed = "closed"
	stateMerged = "merged"

	// opened is what the server calls open.
	opened = "opened"

	lossMilestone = "its milestone is not at the target"
	lossAssignee  = "an assignee is named in the text, because no account of the target can be assigned"
	lossReviewer  = "a requested reviewer is named in the text, because no account of the target can be asked"
)

// wanted is what an issue or a merge request is to be like.
type wanted struct {
	key       schema.Key
	number    int64
	title     string
	text      string
	author    schema.Person
	at        time.Time
	line      attribution.Author // without Person and At
	closed    bool
	ended     time.Time // when it was closed, else when it changed last
	labels    []string
	milestone int64
	due       string // YYYY-MM-DD
	assignees []schema.Person
	reviewers []schema.Person
	locked    bool
	secret    bool // confidential
	kind      string
	reactions []schema.Reaction
	lost      losses
}

// body is the text as it is to stand at the target.
func (n *wanted) body(is shown, extra []string) string {
	line := n.line
	line.Extra = append(slices.Clone(line.Extra), extra...)
	if !is.author {
		line.Person = n.author
	}
	if !is.date {
		line.At = n.at
	}
	return attribution.Compose(attribution.Line(line), n.text, attribution.Marker(n.key))
}

// findMilestone sets the milestone, which a record names in After.
func (n *wanted) findMilestone(one *providers.Write, id string) {
	if id == "" {
		return
	}
	ref, ok := forgetarget.Related(*one, schema.Key{Kind: schema.KindMilestone, ID: id})
	number, valid := positive(ref.ID[strings.LastIndexByte(ref.ID, '/')+1:])
	if !ok || !valid {
		n.lost.Add(lossMilestone)
		return
	}
	n.milestone = number
}

// ended tells how something came to its end.
func ended(how string, by *schema.Person, at time.Time, reason string) string {
	if by != nil && attribution.Name(*by) != "" {
		how += " by " + attribution.Name(*by)
	}
	if !at.IsZero() {
		how += " on " + at.UTC().Format("2006-01-02 15:04 UTC")
	}
	if reason = strings.ReplaceAll(reason, "_", " "); reason != "" && reason != "completed" {
		how += " as " + attribution.Code(reason)
	}
	return how
}

// team are people who are given something, as accounts of the server.
type team struct {
	ids   []int64
	named []string // those who have none, or cannot be given it
}

// team splits people into accounts and names. The accounts of without are named.
func (w *Writer) team(ctx context.Context, r *project, people []schema.Person, without []int64) (t team, err error) {
	for _, p := range people {
		id := int64(0)
		if p.User != "" && !r.refuses(toAssign, p.User) {
			if id, err = w.account(ctx, p.User); err != nil {
				return t, err
			}
		}
		if id != 0 && !slices.Contains(without, id) {
			t.ids = append(t.ids, id)
		} else if name := attribution.Name(p); name != "" {
			t.named = append(t.named, name)
		}
	}
	slices.Sort(t.ids)
	t.ids = slices.Compact(t.ids)
	return t, nil
}

func (r *memory) refuses(to, user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused[to+" "+strings.ToLower(user)]
}

// says returns what a line says of those who are not given it.
func (t team) says(what string) []string {
	if len(t.named) == 0 {
		return nil
	}
	return []string{what + strings.Join(t.named, ", ")}
}

// people are those to whom an issue or a merge request is given.
type people struct{ assignees, reviewers team }

// says is what the line says of them.
func (p people) says() []string {
	return append(p.assignees.says("assigned to "), p.reviewers.says("review requested of ")...)
}

// lost is what is lost of them.
func (p people) lost(lost *losses) {
	if len(p.assignees.named) > 0 {
		lost.Add(lossAssignee)
	}
	if len(p.reviewers.named) > 0 {
		lost.Add(lossReviewer)
	}
}

// give lets write set to whom something is given, until the server takes it. It
// leaves out whom the server leaves out: people who may not see the project, and
// all but one where it knows one only. There tells who it is given to by now; write
// tells whether something differs, and writes it unless it only looks.
func (w *Writer) give(ctx context.Context, r *project, n *wanted, fresh bool, there func() (assignees, reviewers []int64), write func(p people, look bool) (differs bool, err error)) (p people, err error) {
	var without [2][]int64
	for try := 0; ; try++ {
		if p.assignees, err = w.team(ctx, r, n.assignees, without[0]); err != nil {
			return p, err
		}
		if p.reviewers, err = w.team(ctx, r, n.reviewers, without[1]); err != nil {
			return p, err
		}
		// What was settled before is as it was left then.
		look := try == 0 && !fresh
		if !look {
			if _, err := write(p, false); err != nil || try > 2 {
				return p, err
			}
		}
		assigned, asked := there()
		missing := [2][]int64{minus(p.assignees.ids, assigned), minus(p.reviewers.ids, asked)}
		switch {
		case len(missing[0])+len(missing[1]) == 0 && !look:
			return p, nil
		case look:
			left := p
			if left.assignees, err = w.team(ctx, r, n.assignees, missing[0]); err != nil {
				return p, err
			}
			if left.reviewers, err = w.team(ctx, r, n.reviewers, missing[1]); err != nil {
				return p, err
			}
			if differs, err := write(left, true); err != nil || !differs {
				return left, err
			}
		default:
			if len(assigned) == 0 {
				w.refuseAll(r, n.assignees, missing[0])
			}
			without[0], without[1] = append(without[0], missing[0]...), append(without[1], missing[1]...)
		}
	}
}

// refuseAll notes that accounts cannot be given anything.
func (w *Writer) refuseAll(r *project, of []schema.Person, ids []int64) {
	for _, p := range of {
		w.mu.Lock()
		id := w.accounts[strings.ToLower(p.User)]
		w.mu.Unlock()
		if id != 0 && slices.Contains(ids, id) {
			r.refuse(toAssign, p.User)
		}
	}
}

// minus are the ids that are not among others.
func minus(ids, others []int64) []int64 {
	var left []int64
	for _, id := range ids {
		if !slices.Contains(others, id) {
			left = append(left, id)
		}
	}
	return left
}

// idsOf are the ids of accounts, in order.
func idsOf(users []api.User) []int64 {
	ids := make([]int64, len(users))
	for i := range users {
		ids[i] = users[i].ID
	}
	slices.Sort(ids)
	return ids
}

// all is how a list of accounts is set: 0 stands for nobody.
func all(ids []int64) *[]int64 {
	if len(ids) == 0 {
		ids = []int64{0}
	}
	return &ids
}

// ordered are names in order, as they are compared.
func ordered(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

func milestoneOf(m *api.Under) int64 {
	if m == nil {
		return 0
	}
	return m.ID
}
