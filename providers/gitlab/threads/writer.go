package threads

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Options say for whom a Writer writes.
type Options struct {
	API   *api.Client
	User  api.User // whose token it is
	Admin bool     // that user may act for others

	// Wait passes time while the server prepares a merge request. Nil: really.
	Wait func(context.Context, time.Duration) error
}

// Writer writes conversations to one server. It is safe for concurrent use, as
// long as the records of one lane are written one after the other.
type Writer struct {
	api   *api.Client
	user  string
	admin bool
	wait  func(context.Context, time.Duration) error

	mu       sync.Mutex
	projects map[int64]*memory
	accounts map[string]int64 // the ids of users by name, lower case; 0: there is none
}

// New returns a Writer. It asks the server nothing.
func New(o Options) *Writer {
	w := &Writer{api: o.API, user: o.User.Username, admin: o.Admin, wait: o.Wait,
		projects: map[int64]*memory{}, accounts: map[string]int64{strings.ToLower(o.User.Username): o.User.ID}}
	if w.wait == nil {
		w.wait = pass
	}
	return w
}

func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Gaps is what becomes of numbers that nothing stands under at the source.
type Gaps string

// The ways to treat gaps.
const (
	Reproduce   Gaps = "reproduce"   // the number is used up; nothing stands under it
	Placeholder Gaps = "placeholder" // a closed merge request stands under it; issues skip it all the same
	Renumber    Gaps = "renumber"    // numbers are not kept
)

// Project is a project and how it is to be written to.
type Project struct {
	ID   int64
	Path string // as it is now
	Gaps Gaps   // empty: Reproduce
}

// Write stores records of the kinds issue, change, discussion, review, comment
// and attachment, and answers each. They are all of one lane: a record that
// stands alone, or some that stand under the same one, in their order. One may name
// another before it.
func (w *Writer) Write(ctx context.Context, p Project, writes []providers.Write) []providers.Written {
	answers := make([]providers.Written, len(writes))
	var made []providers.Related
	r, err := w.project(ctx, p)
	for i := range writes {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			answers[i] = failed(err)
			continue
		}
		one := writes[i]
		one.Related = slices.Concat(made, one.Related)
		answers[i] = w.writeOne(ctx, r, &one)
		made = append(made, providers.Related{Key: one.Record.Key(), Ref: answers[i].Ref})
	}
	return answers
}

func (w *Writer) writeOne(ctx context.Context, r *project, one *providers.Write) providers.Written {
	switch one.Record.Kind {
	case schema.KindIssue:
		return forgetarget.WriteBody(ctx, r, one, w.writeIssue)
	case schema.KindDiscussion:
		return forgetarget.WriteBody(ctx, r, one, w.writeDiscussion)
	case schema.KindChange:
		return forgetarget.WriteBody(ctx, r, one, w.writeChange)
	case schema.KindReview:
		return forgetarget.WriteBody(ctx, r, one, w.writeReview)
	case schema.KindComment:
		return forgetarget.WriteBody(ctx, r, one, w.writeComment)
	case schema.KindAttachment:
		return forgetarget.WriteBody(ctx, r, one, w.writeAttachment)
	}
	return providers.Written{Problem: providers.Unsupported("write a " + string(one.Record.Kind))}
}

func failed(err error) providers.Written { return providers.Written{Problem: providers.AsError(err)} }

func skipped(why string) providers.Written { return providers.Written{Skipped: why} }

// losses gathers what an object loses.
type losses = forgetarget.Losses

// hasCode reports whether err has one of some codes.
func hasCode(err error, codes ...providers.Code) bool {
	return err != nil && slices.Contains(codes, providers.CodeOf(err))
}
