package stream

import (
	"context"
	"errors"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// ErrEnough says that the caller of Source.Read wants no more. Whoever gets it
// returns it, up to Out.End.
var ErrEnough = errors.New("enough")

// Out is where one call of Source.Read puts what it reads. It is used by the
// goroutine of that call.
type Out struct {
	kinds   []schema.Kind // those that are asked for; empty: all
	yield   func(providers.Message, error) bool
	stopped bool

	cursor sectionCursor
	muted  bool // the section at hand was yielded before, and is read for its losses
	told   bool // it told one

	tolerant bool
	page     string                // of the repository
	unread   map[schema.Kind]int64 // lists that could not be had, and what came of them; nil: none
}

// Start begins a reading of the kinds that are asked for; none are all.
func Start(kinds []schema.Kind, yield func(providers.Message, error) bool) *Out {
	return &Out{kinds: kinds, yield: yield, cursor: newSectionCursor()}
}

// End ends the reading. An error that is not ErrEnough is yielded.
func (o *Out) End(err error) {
	if err != nil && !errors.Is(err, ErrEnough) && !o.stopped {
		o.yield(providers.Message{}, providers.AsError(err))
	}
}

// Tolerate lets Sections go on behind a list of records that the server does not
// give in time. It is told as an object that cannot be had, at the page of the
// repository; the stream ends as one that is not complete, and a later call tries
// again.
func (o *Out) Tolerate(page string) { o.tolerant, o.page = true, page }

// Stopped reports whether the caller wants no more.
func (o *Out) Stopped() bool { return o.stopped }

// Wants reports whether records of a kind are asked for.
func (o *Out) Wants(k schema.Kind) bool { return len(o.kinds) == 0 || slices.Contains(o.kinds, k) }

// Send yields a message, or returns ErrEnough.
func (o *Out) Send(m providers.Message) error {
	if o.stopped = o.stopped || !o.yield(m, nil); o.stopped {
		return ErrEnough
	}
	return nil
}

// Put yields a record of a section, when its kind is asked for, and counts it.
func (o *Out) Put(r Record) error {
	if o.muted || !o.Wants(r.Key.Kind) {
		return nil
	}
	m, err := r.Message()
	if err != nil {
		return err
	}
	o.cursor.Counts[r.Key.Kind]++
	return o.Send(m)
}

// Fail yields an object of a section that exists and cannot be had.
func (o *Out) Fail(key schema.Key, title, url string, problem error) error {
	if o.muted || !o.Wants(key.Kind) {
		return nil
	}
	o.cursor.Counts[key.Kind]++
	return o.Send(Failed(key, title, url, providers.AsError(problem)))
}

// Loss tells of something that no record carries.
func (o *Out) Loss(code, message string, count int64) error {
	o.told = true
	return o.Send(providers.Message{Loss: &schema.Loss{Code: code, Message: message, Count: max(1, count)}})
}

// Throttled tells of a wait. Whether the caller still listens is seen when there
// is something else to say.
func (o *Out) Throttled(t providers.Throttle) { _ = o.Send(providers.Message{Throttled: &t}) }

// Lasting returns the error with which a reading ends, or nil when err concerns one
// object only: a server that fails at one object, and answers when it is asked
// something else, would fail at it for ever.
func Lasting(ctx context.Context, err error, alive func(context.Context) error) error {
	switch providers.CodeOf(err) {
	case providers.CodeAuth, providers.CodeRateLimited:
		return err
	case providers.CodeUnavailable:
		if ctx.Err() != nil || alive(ctx) != nil {
			return err
		}
	}
	return nil
}
