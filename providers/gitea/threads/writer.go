package threads

import (
	"context"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// Options say for whom a Writer writes.
type Options struct {
	API   *api.Client
	User  string // whose token it is
	Admin bool   // that user may act for others
}

// Writer writes conversations to one server. It is safe for concurrent use, as
// long as the records of one lane are written one after the other.
type Writer struct {
	api   *api.Client
	user  string
	admin bool

	mu        sync.Mutex
	repos     map[string]*memory
	reactions map[string]bool // that the server knows; nil: not asked yet
}

// New returns a Writer. It asks the server nothing.
func New(o Options) *Writer {
	return &Writer{api: o.API, user: o.User, admin: o.Admin, repos: map[string]*memory{}}
}

// Gaps is what becomes of numbers that nothing stands under at the source.
type Gaps string

// The ways to treat gaps.
const (
	Reproduce   Gaps = "reproduce"   // the number is used up; nothing stands under it
	Placeholder Gaps = "placeholder" // a closed issue stands under it
	Renumber    Gaps = "renumber"    // numbers are not kept
)

// Repo is a repository and how it is to be written to.
type Repo struct {
	api.Repo
	Gaps   Gaps // empty: Reproduce
	Notify bool // people may be told
}

// Write stores records of the kinds issue, change, discussion, review, comment
// and attachment, and answers each. They are all of one lane: a record that
// stands alone, or some that stand under the same one, in their order.
func (w *Writer) Write(ctx context.Context, repo Repo, writes []providers.Write) []providers.Written {
	r := w.repository(repo)
	answers := make([]providers.Written, len(writes))
	if err := w.relock(ctx, r, laneOf(writes)); err != nil {
		for i := range answers {
			answers[i] = failed(err)
		}
		return answers
	}
	for at := 0; at < len(writes); {
		if err := ctx.Err(); err != nil {
			answers[at].Problem = providers.AsError(err)
			at++
			continue
		}
		at += w.writeNext(ctx, r, writes[at:], answers[at:])
	}
	return answers
}

// writeNext writes the first of writes, and those that travel with it.
func (w *Writer) writeNext(ctx context.Context, r *repository, writes []providers.Write, answers []providers.Written) int {
	one := &writes[0]
	switch one.Record.Kind {
	case schema.KindIssue:
		answers[0] = forgetarget.WriteBody(ctx, r, one, w.writeIssue)
	case schema.KindDiscussion:
		answers[0] = forgetarget.WriteBody(ctx, r, one, w.writeDiscussion)
	case schema.KindChange:
		answers[0] = forgetarget.WriteBody(ctx, r, one, w.writeChange)
	case schema.KindComment:
		answers[0] = forgetarget.WriteBody(ctx, r, one, w.writeComment)
	case schema.KindAttachment:
		answers[0] = forgetarget.WriteBody(ctx, r, one, w.writeAttachment)
	case schema.KindReview:
		return w.writeReview(ctx, r, writes, answers)
	default:
		answers[0].Problem = providers.Unsupported("write a " + string(one.Record.Kind))
	}
	return 1
}

func failed(err error) providers.Written { return providers.Written{Problem: providers.AsError(err)} }

func skipped(why string) providers.Written { return providers.Written{Skipped: why} }

// losses gathers what an object loses.
type losses = forgetarget.Losses

// hasCode reports whether err has one of some codes.
func hasCode(err error, codes ...providers.Code) bool {
	return err != nil && slices.Contains(codes, providers.CodeOf(err))
}

// laneOf returns the number of the thread that records of one lane are or stand
// under, or 0 of one that is not there yet.
func laneOf(writes []providers.Write) int64 {
	for i := range writes {
		if p, err := parsePlace(writes[i].Ref.ID); err == nil {
			return p.number
		}
		if number, err := threadOf(&writes[i]); err == nil {
			return number
		}
	}
	return 0
}
