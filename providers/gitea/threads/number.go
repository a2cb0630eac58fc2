package threads

import (
	"context"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// numbers gives issues and pull requests their numbers. The server counts up
// and takes no wishes; it goes on counting from what was deleted.
type numbers struct {
	mu   sync.Mutex // held while something that gets a number is made
	next int64      // 0: not known

	// spent are issues that only used up a number and are to be deleted. The
	// newest stays until something stands above it: where the count is can only
	// be seen by what is there, and a run that is killed has to see it.
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
const lossNumber = "it has another number than at the source, because its own was taken"

// create makes something that ought to have a number. Of an object that is there
// already under this number or as the newest, the number is returned instead,
// and made is false: an earlier run was cut off. Make returns the number that
// the new one got.
func (w *Writer) create(ctx context.Context, r *repository, k schema.Key, number int64, make func() (int64, error)) (got int64, made bool, err error) {
	r.numbers.mu.Lock()
	defer r.numbers.mu.Unlock()
	if r.numbers.next == 0 {
		if got, err = w.begin(ctx, r, k); err != nil || got != 0 {
			return got, false, err
		}
	}
	keep := number > 0 && r.gaps != Renumber
	for keep && r.numbers.next < number {
		if err := w.gap(ctx, r); err != nil {
			return 0, false, err
		}
	}
	if keep && r.numbers.next > number {
		if there, err := w.marked(ctx, r, number, k); err != nil || there {
			return number, false, err
		}
	}
	got, err = make()
	if err != nil {
		r.numbers.next = 0 // whether the number was used up is not known
		return 0, false, err
	}
	r.numbers.next = got + 1
	w.sweep(ctx, r)
	return got, true, nil
}

// begin finds out where the server's count stands. It returns the number of an
// object of key k that is among the newest.
func (w *Writer) begin(ctx context.Context, r *repository, k schema.Key) (int64, error) {
	newest, err := w.api.NewestIssues(ctx, r.name, 20)
	if err != nil {
		return 0, err
	}
	var found, last int64
	for _, issue := range newest {
		last = max(last, issue.Number)
		marker, ok := attribution.ParseMarker(issue.Body)
		switch {
		case ok && marker == k:
			found = issue.Number
		case ok && marker.Kind == kindGap && r.gaps != Placeholder && !slices.Contains(r.numbers.spent, issue.Number):
			r.numbers.spent = append(r.numbers.spent, issue.Number)
		}
	}
	r.numbers.next = last + 1
	return found, nil
}

// marked reports whether the object of key k stands under a number.
func (w *Writer) marked(ctx context.Context, r *repository, number int64, k schema.Key) (bool, error) {
	issue, err := w.api.Issue(ctx, r.name, number)
	if api.IsNotFound(err) {
		return false, nil
	}
	marker, ok := attribution.ParseMarker(issue.Body)
	return err == nil && ok && marker == k, err
}

// gap uses up one number.
func (w *Writer) gap(ctx context.Context, r *repository) error {
	issue, err := w.api.CreateIssue(ctx, r.name, api.NewIssue{
		Title: gapTitle, Body: attribution.Compose("", gapText, attribution.Marker(schema.Key{Kind: kindGap, ID: "1"})),
		Closed: r.gaps == Placeholder,
	})
	if err != nil {
		r.numbers.next = 0
		return err
	}
	r.numbers.next = issue.Number + 1
	if r.gaps != Placeholder {
		w.sweep(ctx, r)
		r.numbers.spent = append(r.numbers.spent, issue.Number)
	}
	return nil
}

// sweep deletes what only used up numbers. Who may not delete closes. What
// cannot be done now is done the next time: nothing depends on it.
func (w *Writer) sweep(ctx context.Context, r *repository) {
	r.numbers.spent = slices.DeleteFunc(r.numbers.spent, func(number int64) bool {
		err := w.api.DeleteIssue(ctx, r.name, number)
		if hasCode(err, providers.CodeDenied) {
			state := stateClosed
			_, err = w.api.EditIssue(ctx, r.name, number, api.EditIssue{State: &state})
		}
		return err == nil || api.IsNotFound(err)
	})
}
