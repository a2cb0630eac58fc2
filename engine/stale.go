package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// ErrStale is behind the error of an apply whose changeset no longer fits what
// it was computed from.
var ErrStale = errors.New("the changeset is stale")

// StaleError lists what moved since the changeset was made. Nothing was done.
type StaleError struct {
	// Whole, when not empty, says why nothing of the changeset can be applied.
	Whole string

	// Resources are those that moved, with the reason.
	Resources []StaleResource
}

// StaleResource is one resource that moved since the changeset was made.
type StaleResource struct {
	Address schema.Address `json:"address"`
	Why     string         `json:"why"`

	problem *providers.Error // why an end could not be asked about it
}

func (e *StaleError) Error() string {
	if e.Whole != "" {
		return ErrStale.Error() + ": " + e.Whole
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the changeset is stale: %s moved since it was made", plural(int64(len(e.Resources)), "resource"))
	for _, r := range e.Resources {
		fmt.Fprintf(&b, "\n  %s: %s", r.Address, r.Why)
	}
	return b.String()
}

func (e *StaleError) Is(target error) bool { return target == ErrStale }

// verdict says whether a change is to be worked on.
type verdict int

const (
	fits       verdict = iota // it is, as planned or where a run of this changeset was cut off
	isBegun                   // it is, and what differs from the plan is this changeset's own trace
	isFinished                // it is not: an earlier run of this changeset did it all
	isStale                   // it is not: it moved since the changeset was made
)

// applied reports whether an earlier apply of the same changeset moved the
// entry. Its own traces do not make a changeset stale.
func applied(e schema.Entry, digest string) bool { return e.Changeset == digest }

// checkState compares the changeset with the state. Changes that simply fit are
// not in the map.
func checkState(ctx context.Context, c *Changeset, info schema.StateInfo, store Store) (map[schema.Address]verdict, []StaleResource, error) {
	if c.State.Lineage != "" && c.State.Lineage != info.Lineage {
		return nil, nil, &StaleError{Whole: "it was made for another state"}
	}
	verdicts := map[schema.Address]verdict{}
	var stale []StaleResource
	for i := range c.Changes {
		ch := &c.Changes[i]
		if !ch.Action.Works() {
			continue
		}
		v, rev, err := ch.checkEntry(ctx, c.Digest, store)
		if err != nil {
			return nil, nil, err
		}
		if v != fits {
			verdicts[ch.Address] = v
		}
		if v == isStale {
			stale = append(stale, StaleResource{Address: ch.Address, Why: fmt.Sprintf("the state's entry is at revision %d; the changeset was made from %d", rev, ch.Base)})
		}
	}
	return verdicts, stale, nil
}

// checkEntry compares one change with the revision of its entry.
func (ch *Change) checkEntry(ctx context.Context, digest string, store Store) (verdict, int64, error) {
	now, err := store.Entry(ctx, ch.Address)
	if err != nil {
		return fits, 0, err
	}
	var before schema.Entry
	if ch.From != "" {
		if before, err = store.Entry(ctx, ch.From); err != nil {
			return fits, 0, err
		}
	}
	moved := ch.From != "" && before.Rev == 0 && now.Rev == ch.Base+1 && now.Identity == ch.Identity
	switch {
	case applied(now, digest) && now.Phase == schema.PhaseSynced:
		return isFinished, now.Rev, nil
	case ch.Action == ActionForget && now.Rev == 0, moved && len(ch.Steps) == 0:
		return isFinished, now.Rev, nil
	case applied(now, digest):
		return isBegun, now.Rev, nil
	case moved, ch.Action == ActionCreate && now.Rev == 0, ch.From != "" && now.Rev == 0 && before.Rev == ch.Base, now.Rev == ch.Base:
		return fits, now.Rev, nil
	}
	return isStale, now.Rev, nil
}

// checkSources asks the sources of the resources whose plan says that they must
// not have moved.
func checkSources(ctx context.Context, c *Changeset, settled map[schema.Address]verdict, ends Ends) ([]StaleResource, error) {
	return c.ask(ctx, settled, func(r *schema.Resource) bool { return r.Lifecycle.OnSourceDrift == "stop" },
		func(r *schema.Resource) string { return r.Source },
		func(ctx context.Context, f *Facts, connection string, batch []*Change, note noting) *providers.Error {
			queries := make([]providers.Lookup, len(batch))
			for i, ch := range batch {
				queries[i] = providers.Lookup{ID: i, Repo: providers.Repo{Settings: ch.Resource.Settings, Identity: ch.Identity}}
			}
			return f.ask(ctx, connection, queries, ends, func(in providers.Inspection) {
				if in.ID < 0 || in.ID >= len(batch) {
					return
				}
				why := ""
				if in.Facts != nil {
					if moved := batch[in.ID].staleSource(in.Facts); moved != nil {
						why = moved.Message
					}
				}
				note(batch[in.ID], why, in.Problem)
			})
		})
}

// checkTargets asks the targets whether the places still stand as planned.
func checkTargets(ctx context.Context, c *Changeset, settled map[schema.Address]verdict, ends Ends) ([]StaleResource, error) {
	return c.ask(ctx, settled, func(*schema.Resource) bool { return true },
		func(r *schema.Resource) string { return r.Target },
		func(ctx context.Context, f *Facts, connection string, batch []*Change, note noting) *providers.Error {
			places := make([]providers.Place, len(batch))
			for i, ch := range batch {
				at := ch.Place
				if ch.Was != nil {
					at = *ch.Was
				}
				places[i] = c.place(ch, at, ch.Target.Ref)
				places[i].ID = i
			}
			return f.askTarget(ctx, connection, places, ends, func(s providers.Standing) {
				if s.ID < 0 || s.ID >= len(batch) {
					return
				}
				note(batch[s.ID], batch[s.ID].staleTarget(s), s.Problem)
			})
		})
}

// noting takes down the answer about a change: why it is stale, or the problem
// that keeps this from being known. With neither, nothing is wrong.
type noting func(ch *Change, why string, problem *providers.Error)

// ask puts a question about the changes that simply fit to one of their ends,
// in batches, and collects what it noted. An end that cannot be asked makes its
// changes stale.
func (c *Changeset) ask(
	ctx context.Context, settled map[schema.Address]verdict,
	concerns func(*schema.Resource) bool, end func(*schema.Resource) string,
	question func(ctx context.Context, f *Facts, connection string, batch []*Change, note noting) *providers.Error,
) ([]StaleResource, error) {
	var resources []*schema.Resource
	changes := map[schema.Address]*Change{}
	for i := range c.Changes {
		ch := &c.Changes[i]
		if _, other := settled[ch.Address]; !other && ch.Action.Works() && ch.Resource != nil && concerns(ch.Resource) {
			resources = append(resources, ch.Resource)
			changes[ch.Address] = ch
		}
	}
	var (
		mu    sync.Mutex
		stale []StaleResource
		noted = map[schema.Address]bool{}
	)
	note := func(ch *Change, why string, problem *providers.Error) {
		mu.Lock()
		defer mu.Unlock()
		if noted[ch.Address] {
			return
		}
		noted[ch.Address] = true
		if why == "" && problem == nil {
			return
		}
		if problem != nil {
			why = "it cannot be asked about: " + problem.Error()
		}
		stale = append(stale, StaleResource{ch.Address, why, problem})
	}
	f := &Facts{}
	err := eachBatch(ctx, batches(resources, end), func(ctx context.Context, connection string, batch []*schema.Resource) {
		asked := make([]*Change, len(batch))
		for i, r := range batch {
			asked[i] = changes[r.Address]
		}
		problem := question(ctx, f, connection, asked, note)
		if problem == nil {
			problem = providers.Errorf(providers.CodeInternal, "the provider did not answer about this repository")
		}
		for _, ch := range asked { // of which there was no answer
			note(ch, "", problem)
		}
	})
	return stale, err
}

func (ch *Change) staleTarget(s providers.Standing) string {
	switch {
	case s.Exists && !ch.Target.Exists:
		return "a repository has appeared at " + ch.Place.Path()
	case !s.Exists && ch.Target.Exists:
		return "the repository at " + ch.Place.Path() + " is gone"
	case s.Exists && schema.DigestRefs(s.Refs) != ch.Target.RefsHash && ch.Resource.Lifecycle.OnTargetDrift != "overwrite":
		return "the refs at the target are not what they were"
	}
	return ""
}

// staleSource compares what a source now tells with what was planned, as
// on_source_drift asks.
func (ch *Change) staleSource(now *providers.Facts) *providers.Error {
	if now.Identity != ch.Identity {
		return providers.Errorf(providers.CodeConflict, "the source is another repository than the one planned: %s instead of %s", schema.Printable(now.Identity), schema.Printable(ch.Identity))
	}
	if ch.Resource.Lifecycle.OnSourceDrift == "stop" && ch.Source.moved(sourceFacts(now)) {
		return &providers.Error{Code: providers.CodeConflict, Message: "the source moved on since the plan, and on_source_drift says stop", Hint: "plan again"}
	}
	return nil
}

// moved reports whether a source is not what it was. A source that only said
// that nothing had changed since the last apply told no more than its refs.
func (f SourceFacts) moved(now SourceFacts) bool {
	if f.Parts == nil && f.Streams == nil && f.DefaultBranch == "" {
		return f.RefsHash != now.RefsHash
	}
	now.Streams = maps.Clone(now.Streams)
	maps.DeleteFunc(now.Streams, func(name, _ string) bool { _, planned := f.Streams[name]; return !planned })
	return f.Hash() != now.Hash()
}
