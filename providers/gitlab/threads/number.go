package threads

import (
	"context"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// sequence is how a project numbers its issues, or its merge requests: it counts
// up, and goes on counting from what was deleted.
type sequence struct {
	mu   sync.Mutex // held while something that is numbered in order is made
	next int64      // 0: not known

	// spent only used up numbers and is to be deleted. The newest stays until
	// something stands above it: where the count is can only be seen by what is
	// there, and a run that is killed has to see it.
	spent []int64
}

// kindGap marks what stands under a number that has nothing at the source. It
// is no kind of record.
const kindGap schema.Kind = "gap"

const (
	gapTitle = "(nothing)"
	gapText  = "At the source, nothing stands under this number."
)

// lossNumber is said of what could not keep its number.
const lossNumber = "it has another number than at the source, because its own could not be had"

// newestLooked is how many of the newest are looked at for where a count stands,
// and for one that was made shortly before a run was killed.
const newestLooked = 50

func gapKey() schema.Key { return schema.Key{Kind: kindGap, ID: "1"} }

// gapBody is the text of what only uses up a number.
func gapBody() string {
	return attribution.Compose("", gapText, attribution.Marker(gapKey()))
}

// marks reports whether a text is that of the object of a key.
func marks(text string, k schema.Key) bool {
	found, ok := attribution.ParseMarker(text)
	return ok && found == k
}

// createIssue makes an issue under its number. Made is false when an earlier run
// made it.
//
// Whoever has the rights of an owner can name the number. For others the server
// counts, from the highest number that there ever was: an issue that is made and
// deleted below the number wanted makes it the next.
func (w *Writer) createIssue(ctx context.Context, r *project, n *wanted) (issue api.Issue, made bool, err error) {
	keep := n.number > 0 && r.gaps != Renumber
	v := w.voice(r, n.author, toWrite)
	switch {
	case !keep:
		_, err = w.speak(r, n.author, toWrite, func(v voice) (err error) {
			issue, err = w.postIssue(ctx, r, n, v, 0)
			return err
		})
		return issue, err == nil, err
	case !r.owner:
		return w.countedIssue(ctx, r, n)
	case v.who == w.user || v.dates: // who may set dates may set numbers
		if issue, made, err = w.numberedIssue(ctx, r, n, v); made {
			r.issues.expect(issue.IID + 1)
		}
		return issue, made, err
	}
	return w.authorsIssue(ctx, r, n)
}

// expect notes what the next number is, as far as is known.
func (s *sequence) expect(next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = max(s.next, next)
}

// numberedIssue makes an issue in the name of somebody who can name its number.
func (w *Writer) numberedIssue(ctx context.Context, r *project, n *wanted, v voice) (issue api.Issue, made bool, err error) {
	issue, err = w.postIssue(ctx, r, n, v, n.number)
	if v.who != w.user && hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeAuth) {
		r.refuse(toWrite, v.who)
		issue, err = w.postIssue(ctx, r, n, w.voice(r, schema.Person{}, toWrite), n.number)
	}
	if !hasCode(err, providers.CodeConflict) {
		return issue, err == nil, err
	}
	if issue, err = w.api.Issue(ctx, r.id, n.number); err == nil && marks(issue.Description, n.key) {
		return issue, false, nil
	}
	if err != nil && !api.IsNotFound(err) {
		return issue, false, err
	}
	// It is taken by another one, or was once.
	issue, err = w.postIssue(ctx, r, n, w.voice(r, schema.Person{}, toWrite), 0)
	return issue, err == nil, err
}

// authorsIssue makes an issue in the name of its author, for whom the server
// counts. A number is worth more than an author: when another one comes out, the
// token's owner makes the issue.
func (w *Writer) authorsIssue(ctx context.Context, r *project, n *wanted) (issue api.Issue, made bool, err error) {
	r.issues.mu.Lock()
	defer r.issues.mu.Unlock()
	if r.issues.next != n.number {
		if err := w.stepIssues(ctx, r, n.number); err != nil {
			return issue, false, err
		}
	}
	v, err := w.speak(r, n.author, toWrite, func(v voice) (err error) {
		iid := int64(0)
		if v.who == w.user {
			iid = n.number
		}
		issue, err = w.postIssue(ctx, r, n, v, iid)
		return err
	})
	r.issues.next = 0
	if hasCode(err, providers.CodeConflict) {
		return w.numberedIssue(ctx, r, n, w.voice(r, schema.Person{}, toWrite))
	}
	if err != nil {
		return issue, false, err
	}
	if issue.IID == n.number || v.who == w.user {
		r.issues.next = issue.IID + 1
		return issue, true, nil
	}
	if err := w.api.DeleteIssue(ctx, r.id, issue.IID); err != nil && !api.IsNotFound(err) {
		return issue, false, err
	}
	return w.numberedIssue(ctx, r, n, w.voice(r, schema.Person{}, toWrite))
}

// stepIssues makes a number the next, unless the count is beyond it.
func (w *Writer) stepIssues(ctx context.Context, r *project, number int64) error {
	if number == 1 {
		return nil
	}
	step, err := w.api.CreateIssue(ctx, r.id, api.NewIssue{IID: number - 1, Title: gapTitle, Description: gapBody()})
	if hasCode(err, providers.CodeConflict) {
		// The one before is there, or a run that was killed left this one.
		step, err = w.api.Issue(ctx, r.id, number-1)
		if api.IsNotFound(err) || err == nil && !marks(step.Description, gapKey()) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return w.api.DeleteIssue(ctx, r.id, step.IID)
}

// countedIssue makes an issue where nobody can name a number.
func (w *Writer) countedIssue(ctx context.Context, r *project, n *wanted) (issue api.Issue, made bool, err error) {
	r.issues.mu.Lock()
	defer r.issues.mu.Unlock()
	number, err := w.reach(ctx, r, &r.issues, issueCount{w, r}, n)
	if err != nil {
		return issue, false, err
	}
	if number != 0 {
		issue, err = w.api.Issue(ctx, r.id, number)
		return issue, false, err
	}
	_, err = w.speak(r, n.author, toWrite, func(v voice) (err error) {
		issue, err = w.postIssue(ctx, r, n, v, 0)
		return err
	})
	w.passed(ctx, &r.issues, issueCount{w, r}, issue.IID, err)
	return issue, err == nil, err
}

// counter is what a sequence counts.
type counter interface {
	// newest returns the numbers and texts of those that were made last.
	newest(context.Context) (map[int64]string, error)
	text(ctx context.Context, number int64) (string, error)
	use(ctx context.Context, next int64) (int64, error) // up a number, which ought to be next
	remove(ctx context.Context, number int64) error
}

// reach brings a sequence to the number of something that is to be made. Of one
// that an earlier run made, it returns the number that it has.
func (w *Writer) reach(ctx context.Context, r *project, s *sequence, c counter, n *wanted) (there int64, err error) {
	if s.next == 0 {
		newest, err := c.newest(ctx)
		if err != nil {
			return 0, err
		}
		var last int64
		for number, text := range newest {
			last = max(last, number)
			switch {
			case marks(text, n.key):
				there = number
			case marks(text, gapKey()) && r.gaps != Placeholder && !slices.Contains(s.spent, number):
				s.spent = append(s.spent, number)
			}
		}
		s.next = last + 1
		if there != 0 {
			return there, nil
		}
	}
	if n.number <= 0 || r.gaps == Renumber {
		return 0, nil
	}
	for s.next < n.number {
		number, err := c.use(ctx, s.next)
		if err != nil {
			s.next = 0
			return 0, err
		}
		s.next = number + 1
		if r.gaps != Placeholder {
			s.sweep(ctx, c)
			s.spent = append(s.spent, number)
		}
	}
	if s.next > n.number {
		text, err := c.text(ctx, n.number)
		if err != nil && !api.IsNotFound(err) {
			return 0, err
		}
		if err == nil && marks(text, n.key) {
			return n.number, nil
		}
	}
	return 0, nil
}

// passed notes that something was made, or that it is not known whether it was.
func (w *Writer) passed(ctx context.Context, s *sequence, c counter, number int64, err error) {
	s.next = number + 1
	if err != nil {
		s.next = 0
		return
	}
	s.sweep(ctx, c)
}

// sweep deletes what only used up numbers. What cannot be done now is done the
// next time: nothing depends on it.
func (s *sequence) sweep(ctx context.Context, c counter) {
	s.spent = slices.DeleteFunc(s.spent, func(number int64) bool {
		err := c.remove(ctx, number)
		return err == nil || api.IsNotFound(err)
	})
}
