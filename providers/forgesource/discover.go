package forgesource

import (
	"context"
	"errors"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Lister lists what there is of one kind. It hands over with [Each], and returns
// what that fails with.
type Lister func(ctx context.Context, query providers.Query, l *Listing) error

// Discover is Source.Discover for the kinds that a source lists.
//
// A listing that breaks off is told as one that is not complete. What fails before
// anything was listed is an error: there is no such owner, or the token is refused.
func Discover(ctx context.Context, query providers.Query, kinds map[string]Lister) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		l := &Listing{yield: yield}
		list, ok := kinds[query.Kind]
		if !ok {
			l.end(ctx, providers.Errorf(providers.CodeUnsupported, "there is no %q to discover", schema.Printable(query.Kind)))
			return
		}
		l.end(ctx, list(forgehttp.Throttles(ctx, l.throttled), query, l))
	}
}

// Listing is one call of Discover.
type Listing struct {
	yield   func(providers.Discovered, error) bool
	listed  bool // there was something, wanted or not
	stopped bool // the caller wants no more
}

func (l *Listing) send(d providers.Discovered) error {
	if l.stopped = l.stopped || !l.yield(d, nil); l.stopped {
		return stream.ErrEnough
	}
	return nil
}

func (l *Listing) throttled(t providers.Throttle) { _ = l.send(providers.Discovered{Throttled: &t}) }

func (l *Listing) end(ctx context.Context, err error) {
	switch {
	case l.stopped, errors.Is(err, stream.ErrEnough):
	case err == nil:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Complete: true}})
	case !l.listed || ctx.Err() != nil:
		l.yield(providers.Discovered{}, providers.AsError(err))
	default:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Problem: providers.AsError(err)}})
	}
}

// Each hands a list over. Find is what an item is to people, or nil when it is not
// wanted. An item that is there twice is handed over once: a page that moves while
// it is read repeats some.
func Each[T any](l *Listing, list iter.Seq2[T, error], find func(T) (*schema.Found, error)) error {
	seen := map[string]bool{} // by identity
	for item, err := range list {
		if err != nil {
			return err
		}
		l.listed = true
		found, err := find(item)
		if err != nil {
			return err
		}
		if found == nil || seen[found.Identity] {
			continue
		}
		seen[found.Identity] = true
		if err := l.send(providers.Discovered{Item: found}); err != nil {
			return err
		}
	}
	return nil
}
