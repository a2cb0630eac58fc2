package providertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func discoverChecks() []check {
	return []check{
		{"Discover", "repositories come in the same order again", LevelFull, checkDiscoverStable},
		{"Discover", "every repository has an identity of its own", LevelFull, checkDiscoverIdentities},
		{"Discover", "an end says that the listing is complete", LevelFull, checkDiscoverEnd},
		{"Discover", "a kind that does not exist is refused", LevelFull, checkDiscoverUnknown},
	}
}

// listing is one answer of Discover.
type listing struct {
	items []schema.Found
	end   *providers.ListingEnd
	after bool // something followed the end
}

func discover(ctx context.Context, source providers.Source, d Discover) (listing, error) {
	var l listing
	for result, err := range source.Discover(ctx, providers.Query{Kind: d.Kind, Settings: object(d.Settings)}) {
		if err != nil {
			return l, fmt.Errorf("discover %s: %w", d.Kind, err)
		}
		l.after = l.after || l.end != nil
		switch {
		case result.Item != nil:
			l.items = append(l.items, *result.Item)
		case result.End != nil:
			l.end = result.End
		}
	}
	return l, nil
}

// eachListing asks the fixture's questions and judges the answers.
func eachListing(ctx context.Context, b *bench, judge func(d Discover, l listing) error) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if len(b.fixture.Source.Discover) == 0 {
		return untried("the fixture has nothing to discover")
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	for _, d := range b.fixture.Source.Discover {
		if _, ok := b.about.Source.Discover[d.Kind]; !ok {
			return fmt.Errorf("the description has no %q to discover", d.Kind)
		}
		l, err := discover(ctx, source, d)
		if err != nil {
			return err
		}
		if err := judge(d, l); err != nil {
			return fmt.Errorf("discover %s: %w", d.Kind, err)
		}
	}
	return nil
}

func checkDiscoverStable(ctx context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	other, done, err := b.anotherSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	return eachListing(ctx, b, func(d Discover, first listing) error {
		second, err := discover(ctx, other, d)
		if err != nil {
			return err
		}
		if len(first.items) != len(second.items) {
			return fmt.Errorf("%d repositories, then %d", len(first.items), len(second.items))
		}
		for i := range first.items {
			if a, b := first.items[i].Identity, second.items[i].Identity; a != b {
				return fmt.Errorf("repository %d is %q, then %q", i+1, a, b)
			}
		}
		return nil
	})
}

func checkDiscoverIdentities(ctx context.Context, b *bench) error {
	return eachListing(ctx, b, func(_ Discover, l listing) error {
		if len(l.items) == 0 {
			return errors.New("nothing was found; a fixture asks where there is something")
		}
		seen := map[string]bool{}
		for i, item := range l.items {
			switch {
			case item.Identity == "" || item.FullName == "":
				return fmt.Errorf("repository %d has no identity or no full name", i+1)
			case seen[item.Identity]:
				return fmt.Errorf("the identity %q comes twice", item.Identity)
			}
			seen[item.Identity] = true
		}
		return nil
	})
}

func checkDiscoverEnd(ctx context.Context, b *bench) error {
	return eachListing(ctx, b, func(_ Discover, l listing) error {
		switch {
		case l.end == nil:
			return errors.New("the listing has no end")
		case l.after:
			return errors.New("something follows the end")
		case l.end.Problem != nil:
			return fmt.Errorf("the listing is not complete: %w", l.end.Problem)
		case !l.end.Complete:
			return errors.New("the listing is not complete, and its end does not say why")
		}
		return nil
	})
}

func checkDiscoverUnknown(ctx context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	_, err = discover(ctx, source, Discover{Kind: "kind_of_another_version"})
	return wantProblem("Discover of a kind that does not exist", err, providers.CodeUnsupported, providers.CodeInvalid, providers.CodeNotFound)
}
