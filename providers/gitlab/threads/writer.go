package threads

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
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
		return write(ctx, r, one, w.writeIssue)
	case schema.KindDiscussion:
		return write(ctx, r, one, w.writeDiscussion)
	case schema.KindChange:
		return write(ctx, r, one, w.writeChange)
	case schema.KindReview:
		return write(ctx, r, one, w.writeReview)
	case schema.KindComment:
		return write(ctx, r, one, w.writeComment)
	case schema.KindAttachment:
		return write(ctx, r, one, w.writeAttachment)
	}
	return providers.Written{Problem: providers.Unsupported("write a " + string(one.Record.Kind))}
}

// write decodes a record's body and hands it to a function.
func write[B any](ctx context.Context, r *project, one *providers.Write, do func(context.Context, *project, *providers.Write, *B) (providers.Written, error)) providers.Written {
	var body B
	if err := json.Unmarshal(one.Record.Body, &body); err != nil {
		return failed(providers.Errorf(providers.CodeInvalid, "the body of %s is not that of a %s: %w", schema.Printable(one.Record.ID), one.Record.Kind, err))
	}
	answer, err := do(ctx, r, one, &body)
	if err != nil {
		return failed(err)
	}
	return answer
}

func failed(err error) providers.Written { return providers.Written{Problem: providers.AsError(err)} }

func skipped(why string) providers.Written { return providers.Written{Skipped: why} }

// losses gathers what an object loses, each once.
type losses []string

func (l *losses) add(sentence string) {
	if !slices.Contains(*l, sentence) {
		*l = append(*l, sentence)
	}
}

func (l losses) String() string { return strings.Join(l, "; ") }

// hasCode reports whether err has one of some codes.
func hasCode(err error, codes ...providers.Code) bool {
	return err != nil && slices.Contains(codes, providers.CodeOf(err))
}

// related returns the ref at the target of a record that one names.
func related(one *providers.Write, k schema.Key) (schema.Ref, bool) {
	for _, r := range one.Related {
		if r.Key == k && r.Ref.ID != "" {
			return r.Ref, true
		}
	}
	return schema.Ref{}, false
}

// changedMeanwhile refuses to write over what somebody changed at the target.
func changedMeanwhile(one *providers.Write, version string) error {
	if one.Overwrite || one.Ref.Version == "" || one.Ref.Version == version {
		return nil
	}
	return &providers.Error{Code: providers.CodeConflict, Op: "update " + string(one.Record.Kind), Subject: one.Ref.URL,
		Message: "somebody changed it at the target since it was written",
		Hint:    "keep it as it is there, or let the plan overwrite it"}
}
