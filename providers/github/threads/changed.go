package threads

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// update is what a reading of changes knows besides.
type update struct {
	since   since
	pattern *regexp.Regexp        // of references
	sorts   map[int64]schema.Kind // of the threads that changed
	refers  map[int64]bool        // other threads that new texts refer to
	given   map[int64]bool        // threads that were yielded
	late    bool                  // those that changed were yielded; the others follow
	again   []int64               // threads that changed while the reading was interrupted
	ending  bool                  // nothing is left that a checkpoint could tell
}

// mostRefers is how many references fit into a cursor. With more of them the
// reading makes no checkpoints: begun again, it asks no more than it did.
const mostRefers = 300

// changed reads the threads that changed since an earlier reading.
func (r *reading) changed(ctx context.Context, h head, s since) error {
	u := &update{since: s, sorts: map[int64]schema.Kind{}, refers: map[int64]bool{}, given: map[int64]bool{}, late: r.cursor.Late, pattern: regexp.MustCompile(referencePattern)}
	r.update = u
	begun := r.cursor.Next.At.Add(margin) // when the reading began that this one resumes
	for _, n := range r.cursor.Refers {
		u.refers[n] = true
		u.given[n] = u.late && n <= r.cursor.Done
	}
	var fresh totals
	err := r.list(ctx, byUpdate, func(t listed) bool {
		if t.updated.Before(s.At) {
			return false
		}
		if _, twice := u.sorts[t.number]; !twice && t.number > s.Last {
			fresh[t.sort]++
		}
		u.sorts[t.number] = t.kind()
		switch resumed := u.late || t.number <= r.cursor.Done; {
		case resumed && t.updated.Before(begun): // given before the interruption
			u.given[t.number] = true
		case resumed: // perhaps it was not among those that had changed then
			u.again = append(u.again, t.number)
		}
		return true
	})
	if err != nil {
		return err
	}
	last := max(h.last, s.Last)
	if !u.late {
		if err := r.updated(ctx, pinChanges(s.Pinned, h.pinned)); err != nil {
			return err
		}
		u.late, r.cursor.Done = true, 0
	}
	if err := r.referred(ctx, last); err != nil {
		return err
	}
	u.ending = true
	if err := r.addTypes(ctx, u.again); err != nil {
		return err
	}
	if err := r.through(ctx, these(after(u.again, 0))); err != nil {
		return err
	}
	complete := false
	for i := range s.Totals {
		complete = complete || s.Totals[i]+fresh[i] != h.totals[i]
	}
	if complete {
		if err := r.kept(ctx, last); err != nil {
			return err
		}
	}
	next := r.cursor.Next
	next.Files, next.Last = max(s.Files, r.cursor.Files), max(next.Last, s.Last)
	if err := r.filesLoss(next.Files); err != nil {
		return err
	}
	counts := map[schema.Kind]int64{schema.KindIssue: h.totals[issues], schema.KindChange: h.totals[changes], schema.KindDiscussion: h.totals[discussions]}
	maps.DeleteFunc(counts, func(k schema.Kind, _ int64) bool { return !r.Wants(k) })
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: complete, Next: stream.Encode(next)}})
}

// updated reads the threads that changed, and those that were pinned or are no
// longer.
func (r *reading) updated(ctx context.Context, pins []int64) error {
	u := r.update
	types, err := r.listTypes(ctx, u.since.At)
	if err != nil {
		return err
	}
	pins = slices.DeleteFunc(pins, func(n int64) bool { return u.sorts[n] != "" })
	r.types = types
	if err := r.addTypes(ctx, pins); err != nil {
		return err
	}
	numbers := slices.Concat(slices.Collect(maps.Keys(u.sorts)), pins)
	return r.through(ctx, these(after(numbers, r.cursor.Done)))
}

// referred reads the threads that new texts refer to and that did not change by
// themselves.
func (r *reading) referred(ctx context.Context, last int64) error {
	numbers := slices.DeleteFunc(r.others(), func(n int64) bool { return r.update.given[n] || n > last })
	numbers = after(numbers, r.cursor.Done)
	if err := r.addTypes(ctx, numbers); err != nil {
		return err
	}
	return r.through(ctx, these(numbers))
}

// others are the threads that new texts refer to and that did not change.
func (r *reading) others() []int64 {
	numbers := slices.Collect(maps.Keys(r.update.refers))
	numbers = slices.DeleteFunc(numbers, func(n int64) bool { return r.update.sorts[n] != "" })
	slices.Sort(numbers)
	return numbers
}

func (r *reading) addTypes(ctx context.Context, numbers []int64) error {
	more, err := r.someTypes(ctx, numbers)
	if err != nil {
		return err
	}
	if r.types == nil {
		r.types = map[int64]string{}
	}
	maps.Copy(r.types, more)
	return nil
}

// after sorts numbers and leaves out those up to done.
func after(numbers []int64, done int64) []int64 {
	slices.Sort(numbers)
	return slices.DeleteFunc(numbers, func(n int64) bool { return n <= done })
}

// pinChanges are the numbers that are pinned in only one of two readings.
func pinChanges(before, now []int64) []int64 {
	var all []int64
	for _, n := range slices.Concat(before, now) {
		if slices.Contains(before, n) != slices.Contains(now, n) {
			all = append(all, n)
		}
	}
	return all
}

// look notes the threads that a new text refers to.
func (r *reading) look(e entry) {
	if r.update == nil || r.update.late || e.text == "" || e.written.Before(r.update.since.At) {
		return
	}
	for n := range references(r.update.pattern, e.text, r.repo.Files.Web, r.repo.Files.Repositories) {
		r.update.refers[n] = true
	}
}

// kept tells which threads are still there. One that changed while the reading
// ran is there too.
func (r *reading) kept(ctx context.Context, last int64) error {
	var stop error
	err := r.list(ctx, byCreation, func(t listed) bool {
		if !r.Wants(t.kind()) || r.update.given[t.number] || t.number > last {
			return true
		}
		key := schema.Key{Kind: t.kind(), ID: id(t.number)}
		stop = r.Send(providers.Message{Kept: &key})
		return stop == nil
	})
	if stop != nil {
		return stop
	}
	return err
}
