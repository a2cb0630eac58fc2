package threads

import (
	"context"
	"iter"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// ahead is how many pull requests are read at once.
const ahead = 8

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Repository is a repository as this package needs to know it.
type Repository struct {
	ID       int64
	Name     api.Repo
	URL      string          // where its pages are
	Branches map[string]bool // those that it has
	Files    body.Files
}

// Read yields the pull requests of a repository in ascending order of their numbers,
// each followed by all that stands under it, as providers.Source describes. It picks
// records by their keys.
func Read(ctx context.Context, client *api.Client, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, repo: repo}
		r.Threads = stream.NewThreads(stream.Start(req.Kinds, yield), &r.cursor.Mark, Kinds(), true)
		r.End(r.read(forgehttp.Throttles(ctx, r.Waiting), req))
	}
}

// reading is one call of Read.
type reading struct {
	*stream.Threads
	client *api.Client
	repo   Repository
	cursor cursor
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	l, err := list(ctx, r.client, r.repo.Name)
	if err != nil {
		return err
	}
	if err := r.resume(req.Cursor, l.next()); err != nil {
		return err
	}
	if r.cursor.Losses == nil {
		r.cursor.Losses = map[string]int64{}
	}
	numbers := make([]int64, 0, len(l.all))
	for _, p := range l.all {
		numbers = append(numbers, p.number)
	}
	earlier, incremental := decodeSince(req.Since)
	if !incremental {
		if err := r.through(ctx, numbers); err != nil {
			return err
		}
		return r.end(r.Counted())
	}
	changed := l.changed(earlier)
	if err := r.through(ctx, slices.DeleteFunc(slices.Clone(numbers), func(n int64) bool { return !changed[n] })); err != nil {
		return err
	}
	for _, n := range numbers {
		if key := changeKey(n); !changed[n] && r.Wants(key.Kind) {
			if err := r.Send(providers.Message{Kept: &key}); err != nil {
				return err
			}
		}
	}
	// What was lost with those that did not change was counted before.
	for code, n := range earlier.Losses {
		r.cursor.Losses[code] = max(r.cursor.Losses[code], n)
	}
	counts := map[schema.Kind]int64{}
	if r.Wants(schema.KindChange) {
		counts[schema.KindChange] = int64(len(numbers))
	}
	return r.end(counts)
}

// end tells the losses and closes the stream.
func (r *reading) end(counts map[schema.Kind]int64) error {
	if err := r.Losses(r.cursor.Losses, lossMessage); err != nil {
		return err
	}
	next := r.cursor.Next
	next.Losses = r.cursor.Losses
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: true, Next: stream.Encode(next)}})
}

// The codes of losses.
const (
	lossDrafts     = "bitbucket_server.draft_comments"
	lossActivities = "bitbucket_server.activities"
	lossFiles      = "bitbucket_server.foreign_files"
	lossHidden     = "bitbucket_server.hidden_comments"
)

func lossMessage(code string) string {
	switch code {
	case lossDrafts:
		return "comments that were begun and not published are left out"
	case lossActivities:
		return "lines of the history of pull requests are left out, because this version of Drover does not know their kinds"
	case lossFiles:
		return "links to files of other repositories are left as they are, and lead nowhere"
	}
	return "pull requests count more comments than the server shows in their history; compare them by hand"
}

// through reads and yields pull requests, those that the cursor covers left out, and
// a checkpoint after each.
func (r *reading) through(ctx context.Context, numbers []int64) error {
	return stream.Ahead(ctx, r.Threads, ahead, r.cursor.After(numbers), r.fetch, r.thread)
}

// thread yields one pull request with all that belongs to it.
func (r *reading) thread(t thread) error {
	if !t.gone { // else it was deleted meanwhile
		if err := stream.Tell(r.Threads, r.entries(&t)); err != nil {
			return err
		}
		for code, n := range t.losses {
			r.cursor.Losses[code] += n
		}
	}
	r.cursor.Done = t.number
	return r.Checkpoint(r.cursor)
}

// pick yields single records. The pull requests that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	r.cursor.Losses = map[string]int64{}
	if err := r.through(ctx, r.Pick(keys, stream.NumberOf)); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{}})
}

func changeKey(number int64) schema.Key { return schema.Key{Kind: schema.KindChange, ID: id(number)} }
