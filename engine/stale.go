package engine

import (
	"context"
	"errors"
	"fmt"
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
}

func (e *StaleError) Error() string {
	if e.Whole != "" {
		return "the changeset is stale: " + e.Whole
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the changeset is stale: %s moved since it was made", plural(int64(len(e.Resources)), "resource"))
	for _, r := range e.Resources {
		fmt.Fprintf(&b, "\n  %s: %s", r.Address, r.Why)
	}
	return b.String()
}

func (e *StaleError) Is(target error) bool { return target == ErrStale }

// applied reports whether an earlier, unfinished apply of the same changeset
// moved the entry. Its own traces do not make a changeset stale.
func applied(e schema.Entry, digest string) bool { return e.Changeset == digest }

// checkState compares the changeset with the state, and returns the resources
// that moved.
func checkState(ctx context.Context, c *Changeset, info schema.StateInfo, store Store) ([]StaleResource, error) {
	if c.State.Lineage != "" && c.State.Lineage != info.Lineage {
		return nil, &StaleError{Whole: "it was made for another state; plan again"}
	}
	var stale []StaleResource
	for i := range c.Changes {
		ch := &c.Changes[i]
		if !ch.Action.Works() {
			continue
		}
		now, err := store.Entry(ctx, ch.Address)
		if err != nil {
			return nil, err
		}
		if ch.From != "" && now.Rev == 0 {
			if now, err = store.Entry(ctx, ch.From); err != nil {
				return nil, err
			}
		}
		if now.Rev != ch.Base && !applied(now, c.Digest) {
			stale = append(stale, StaleResource{ch.Address, fmt.Sprintf("the state's entry is at revision %d; the changeset was made from %d", now.Rev, ch.Base)})
		}
	}
	return stale, nil
}

// checkTargets asks the targets whether the places still stand as planned.
func checkTargets(ctx context.Context, c *Changeset, store Store, ends Ends) ([]StaleResource, error) {
	resources := make([]*schema.Resource, 0, len(c.Changes))
	changes := map[schema.Address]*Change{}
	for i := range c.Changes {
		ch := &c.Changes[i]
		if !ch.Action.Works() || ch.Resource == nil {
			continue
		}
		now, err := store.Entry(ctx, ch.Address)
		if err != nil {
			return nil, err
		}
		if !applied(now, c.Digest) {
			resources = append(resources, ch.Resource)
			changes[ch.Address] = ch
		}
	}
	var (
		mu    sync.Mutex
		stale []StaleResource
	)
	f := &Facts{}
	groups := batches(resources, func(r *schema.Resource) string { return r.Target })
	err := eachBatch(ctx, groups, func(ctx context.Context, connection string, batch []*schema.Resource) {
		places := make([]providers.Place, len(batch))
		for i, r := range batch {
			ch := changes[r.Address]
			at := ch.Place
			if ch.Was != nil {
				at = *ch.Was
			}
			places[i] = providers.Place{ID: i, Namespace: at.Namespace, Name: at.Name, Placement: r.Placement, Ref: ch.Target.Ref}
		}
		problem := f.askTarget(ctx, connection, places, ends, func(s providers.Standing) {
			if s.ID < 0 || s.ID >= len(batch) {
				return
			}
			ch := changes[batch[s.ID].Address]
			if why := ch.staleTarget(s); why != "" {
				mu.Lock()
				stale = append(stale, StaleResource{ch.Address, why})
				mu.Unlock()
			}
		})
		if problem != nil {
			mu.Lock()
			stale = append(stale, StaleResource{batch[0].Address, "its target cannot be asked: " + problem.Error()})
			mu.Unlock()
		}
	})
	return stale, err
}

func (ch *Change) staleTarget(s providers.Standing) string {
	switch {
	case s.Problem != nil:
		return s.Problem.Error()
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
	if ch.Resource.Lifecycle.OnSourceDrift == "stop" && sourceFacts(now).Hash() != ch.Source.Hash() && ch.Source.Streams != nil {
		return &providers.Error{Code: providers.CodeConflict, Message: "the source moved on since the plan, and on_source_drift says stop", Hint: "plan again"}
	}
	return nil
}
