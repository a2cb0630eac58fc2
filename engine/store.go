package engine

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/schema"
)

// Store is the memory of a migration. When a method returns nil, its effect
// survives the death of the process.
type Store interface {
	// Begin opens a run and End closes it.
	Begin(ctx context.Context, run schema.Run) (schema.Run, error)
	End(ctx context.Context, run, outcome, summary string) error

	// SaveListings remembers how many repositories discover blocks listed.
	SaveListings(ctx context.Context, listings map[string]int64) error

	// Heartbeat says that the run is alive.
	Heartbeat(ctx context.Context) error

	// CancelRequests tells what other processes asked to be cancelled: the
	// whole run, or some resources.
	CancelRequests(ctx context.Context) (all bool, some []schema.Address, err error)

	// Entry returns what is known of a resource; the zero Entry when nothing.
	Entry(ctx context.Context, address schema.Address) (schema.Entry, error)

	// FullNames returns the names that repositories have at their sources, by
	// the fingerprint of the source.
	FullNames(ctx context.Context) (map[string][]string, error)

	// Counts returns the account that SaveCounts stored, or nil.
	Counts(ctx context.Context, address schema.Address) (schema.Counts, error)

	// Refs returns a set of refs that SaveRefs stored, or nil.
	Refs(ctx context.Context, address schema.Address, side string) (map[string]string, error)

	// Job returns the last import by a forge that SaveJob stored; the zero Job
	// when there was none.
	Job(ctx context.Context, address schema.Address) (schema.Job, error)

	// Revisions yields what SaveRevisions stored, in its order: all of it, or
	// what names name.
	Revisions(ctx context.Context, address schema.Address, names []string) iter.Seq2[schema.Revision, error]

	Move(ctx context.Context, run string, from, to schema.Address) error
	Forget(ctx context.Context, run string, address schema.Address) error

	// Claim takes a resource for this run. Whoever claimed it before can write
	// to it no more.
	Claim(ctx context.Context, run string, entry schema.Entry) (Ledger, error)

	// Ledger writes under a claim that was made before, perhaps by another
	// process.
	Ledger(ctx context.Context, address schema.Address, epoch int64) (Ledger, error)
}

// Ledger writes to one resource under one claim. Every method fails once
// someone else has claimed the resource.
type Ledger interface {
	// Epoch is the claim's number.
	Epoch() int64

	// Save records the resource's entry.
	Save(ctx context.Context, entry schema.Entry) error
	SaveRefs(ctx context.Context, side string, refs map[string]string) error

	// SaveJob records how an import by a forge stands; the zero Job forgets it.
	SaveJob(ctx context.Context, job schema.Job) error

	// Lookup returns the items with these keys, in their order; an item that
	// is not known has no state.
	Lookup(ctx context.Context, keys []schema.Key) ([]schema.Item, error)

	// Intend records that items are about to be written.
	Intend(ctx context.Context, items []schema.Item) error

	// Commit records a step of a stream, all of it or nothing.
	Commit(ctx context.Context, batch schema.Batch) error

	// OpenIntents returns items whose outcome is not known, up to limit.
	OpenIntents(ctx context.Context, limit int) ([]schema.Item, error)

	// StartPass begins a reading of a stream, or continues the one that was
	// not finished; under other terms than before it begins at the beginning. FinishPass closes it; when it was complete, items of kinds
	// that it did not see are gone from the source, and it returns how many.
	StartPass(ctx context.Context, stream, terms string) (schema.Stream, error)
	FinishPass(ctx context.Context, stream string, pass int64, kinds []schema.Kind, end schema.PassEnd) (gone int64, err error)

	// RestartStream lets the unfinished pass begin anew, at the beginning.
	RestartStream(ctx context.Context, stream string) error

	// Resolve returns what references in texts of the source stand for at the
	// target, in their order; the zero Ref for what is not there. The Ref of an
	// object that another target holds has no Text.
	Resolve(ctx context.Context, references []schema.Reference) ([]schema.Ref, error)

	// Commits returns the ids that commits have at the target, in their order;
	// "" for those that kept theirs. A reference names a commit by its id or
	// the beginning of it.
	Commits(ctx context.Context, commits []schema.Reference) ([]string, error)

	// Waiting returns items with references that could not be resolved when
	// they were written and now can, after a key and up to limit. Children
	// returns what belongs to an item, and Unsettled the items of a stream that
	// failed or were cut off, likewise.
	Waiting(ctx context.Context, after schema.Key, limit int) ([]schema.Item, error)
	Children(ctx context.Context, parent, after schema.Key, limit int) ([]schema.Item, error)
	Unsettled(ctx context.Context, stream string, after schema.Key, limit int) ([]schema.Item, error)

	// Tally counts the items by kind and state.
	Tally(ctx context.Context) (schema.Counts, error)
	SaveCounts(ctx context.Context, counts schema.Counts) error

	// SaveConversion, SaveLosses and SaveRevisions record what became of a
	// history: what was counted, what a stage could not bring along, and, in
	// the place of those from a position on, which commit stands for which
	// revision.
	SaveConversion(ctx context.Context, c schema.Conversion) error
	SaveLosses(ctx context.Context, stage string, losses []schema.Loss) error
	SaveRevisions(ctx context.Context, position int64, revisions iter.Seq2[schema.Revision, error]) error

	Fail(ctx context.Context, failures []schema.Failure) error
	ResolveFailures(ctx context.Context, stage string) error
}

// The sides of a repository whose refs a Ledger keeps.
const (
	sideSource = "source" // as fetched, when last pushed whole
	sideTarget = "target" // as we left them at the target
	sideIntent = "intent" // as a push was about to leave them
)

// side names a side of a part.
func side(part, s string) string {
	if part == "code" {
		return s
	}
	return part + ":" + s
}
