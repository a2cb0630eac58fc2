package threads

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// ahead is how many threads are read at once. Each takes several requests.
const ahead = 12

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Repository is a repository as this package needs to know it.
type Repository struct {
	ID        int64
	Name      api.Repo
	Bases     []string         // addresses of the server
	Heads     map[int64]string // commits of pull requests, by number, as far as they are known
	SkipFiles bool             // files are counted only
	PageSize  int              // that of the client

	// SeesAll says that the token hides nothing: that of an administrator.
	SeesAll bool
}

// Read yields the threads of a repository in ascending order of their numbers,
// each followed by all that stands under it, as providers.Source describes. It
// picks records by their keys.
func Read(ctx context.Context, client *api.Client, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, repo: repo, kinds: req.Kinds, yield: yield, calls: make(chan func(), 16)}
		ctx := forgehttp.Throttles(ctx, r.throttled)
		if err := r.read(ctx, req); err != nil && !errors.Is(err, errEnough) {
			yield(providers.Message{}, providers.AsError(err))
		}
	}
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// reading is one call of Read.
type reading struct {
	client *api.Client
	repo   Repository
	kinds  []schema.Kind // those that are asked for; empty: all
	yield  func(providers.Message, error) bool
	calls  chan func() // what is to be yielded while answers are awaited

	cursor cursor
	given  map[int64]bool      // threads that were yielded
	only   map[schema.Key]bool // records that are picked; nil: all
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	h, err := Look(ctx, r.client, r.repo.Name)
	if err != nil {
		return err
	}
	r.cursor = cursor{Version: version, Next: h.next()}
	if req.Cursor != "" {
		if r.cursor, err = decodeCursor(req.Cursor); err != nil {
			return err
		}
	}
	if r.cursor.Counts == nil {
		r.cursor.Counts = map[schema.Kind]int64{}
	}
	if s, ok := decodeSince(req.Since); ok && !r.cursor.Whole {
		return r.changed(ctx, h, s)
	}
	return r.whole(ctx)
}

// whole reads every thread.
func (r *reading) whole(ctx context.Context) error {
	all, err := r.list(ctx, api.Updated{})
	if err != nil {
		return err
	}
	if err := r.through(ctx, all); err != nil {
		return err
	}
	next := r.cursor.Next
	if n := len(all); n > 0 {
		next.Last = max(next.Last, all[n-1].number)
	}
	next.Files = r.cursor.Files
	if err := r.filesLoss(next.Files); err != nil {
		return err
	}
	return r.send(providers.Message{End: &providers.StreamEnd{Counts: r.counts(), Complete: true, Next: encode(next)}})
}

// through reads and yields threads, those that the cursor covers left out, and a
// checkpoint after each.
func (r *reading) through(ctx context.Context, threads []listed) error {
	threads = slices.DeleteFunc(slices.Clone(threads), func(t listed) bool { return t.number <= r.cursor.Done })
	for t, err := range inOrder(ctx, ahead, r.calls, threads, r.fetch) {
		if err != nil {
			return err
		}
		if err := r.thread(t); err != nil {
			return err
		}
	}
	return nil
}

// thread yields one thread with all that belongs to it.
func (r *reading) thread(t thread) error {
	if r.given != nil {
		r.given[t.number] = true
	}
	if t.gone {
		return r.checkpoint(t.number)
	}
	entries := r.entries(&t)
	whole := true
	for _, e := range entries {
		m := body.Failed(e.record.Key, e.title, e.url, e.problem())
		if e.fault == nil {
			var err error
			if m, err = e.record.Message(); err != nil {
				return err
			}
		}
		whole = whole && m.Failed == nil
		if err := r.put(m); err != nil {
			return err
		}
	}
	if whole && r.only == nil {
		if err := r.send(providers.Message{Whole: &entries[0].record.Key}); err != nil {
			return err
		}
	}
	return r.checkpoint(t.number)
}

// put yields a record, or one that failed, when it is asked for.
func (r *reading) put(m providers.Message) error {
	var key schema.Key
	if m.Record != nil {
		key = m.Record.Key()
	} else {
		key = m.Failed.Key
	}
	switch {
	case r.only != nil && !r.only[key], !r.wants(key.Kind):
		return nil
	case key.Kind == schema.KindAttachment && r.repo.SkipFiles:
		r.cursor.Files++
		return nil
	}
	if r.only == nil {
		r.cursor.Counts[key.Kind]++
	}
	return r.send(m)
}

func (r *reading) wants(k schema.Kind) bool { return len(r.kinds) == 0 || slices.Contains(r.kinds, k) }

// counts are those of the kinds that are asked for; none is left out.
func (r *reading) counts() map[schema.Kind]int64 {
	all := map[schema.Kind]int64{}
	for _, k := range Kinds() {
		if r.wants(k) && !(k == schema.KindAttachment && r.repo.SkipFiles) {
			all[k] = r.cursor.Counts[k]
		}
	}
	return all
}

func (r *reading) checkpoint(number int64) error {
	if r.only != nil {
		return nil
	}
	r.cursor.Done = number
	c := encode(r.cursor)
	return r.send(providers.Message{Checkpoint: &c})
}

// filesLoss tells of files that were left out because the plan says so.
func (r *reading) filesLoss(n int64) error {
	if !r.repo.SkipFiles || n == 0 || !r.wants(schema.KindAttachment) {
		return nil
	}
	return r.send(providers.Message{Loss: &schema.Loss{Code: "gitea.attachments", Count: n,
		Message: "files attached to issues, pull requests and comments are left out, because attachments_import is off; texts go on linking to the source"}})
}

func (r *reading) send(m providers.Message) error {
	if !r.yield(m, nil) {
		return errEnough
	}
	return nil
}

// throttled has a wait told by the goroutine of the caller. When that is busy
// with others, it is not told: it would come too late.
func (r *reading) throttled(t providers.Throttle) {
	select {
	case r.calls <- func() { r.yield(providers.Message{Throttled: &t}, nil) }:
	default:
	}
}
