package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Discover asks a source for the repositories that a discover block wants.
// Known is how many the state already holds from this source; a listing that
// shrank by more than the block allows is refused. A listing that was cut off
// is returned with Complete false.
//
// The block's include and exclude patterns are applied here, so that they mean
// the same for every provider.
func Discover(ctx context.Context, source providers.Source, d schema.Discovery, known int, throttled func(providers.Throttle)) (schema.Listing, error) {
	var list schema.Listing
	seen := map[string]string{} // identity -> full name
	for found, err := range source.Discover(ctx, providers.Query{Kind: d.Kind, Settings: d.Settings}) {
		switch {
		case err != nil:
			return list, err
		case found.Throttled != nil && throttled != nil:
			throttled(*found.Throttled)
		case found.End != nil:
			list.Complete = found.End.Complete
			if found.End.Problem != nil && len(list.Items) == 0 {
				return list, found.End.Problem
			}
			return list, checkListing(list, d, known)
		case found.Item != nil:
			if !wantedName(found.Item.FullName, d) {
				continue
			}
			if other, twice := seen[found.Item.Identity]; twice {
				return list, providers.Errorf(providers.CodeInternal, "the listing has %s and %s with one identity", schema.Printable(other), schema.Printable(found.Item.FullName))
			}
			seen[found.Item.Identity] = found.Item.FullName
			if d.Limit > 0 && int64(len(list.Items)) == d.Limit {
				return list, nil // more than the limit: not complete
			}
			list.Items = append(list.Items, *found.Item)
		}
	}
	return list, ctx.Err()
}

func wantedName(name string, d schema.Discovery) bool {
	for _, p := range d.Exclude {
		if glob(p, name) {
			return false
		}
	}
	for _, p := range d.Include {
		if glob(p, name) {
			return true
		}
	}
	return len(d.Include) == 0
}

func checkListing(list schema.Listing, d schema.Discovery, known int) error {
	n := int64(len(list.Items))
	if n < d.Min {
		return &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the listing has %s, and the plan expects at least %d", strconv.FormatInt(n, 10)+" repositories", d.Min), Hint: "check the source and the credential, or lower expect.min"}
	}
	drop := int64(known) - n
	if limit, ok := dropLimit(d.MaxDrop, known); ok && drop > limit {
		return &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the listing has %d repositories where the state knows %d; expect.max_drop allows %s fewer", n, known, d.MaxDrop), Hint: "check the source and the credential, or raise expect.max_drop"}
	}
	return nil
}

// dropLimit reads "5%" of known, or "12".
func dropLimit(text string, known int) (int64, bool) {
	percent, isPercent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseInt(percent, 10, 64)
	if err != nil {
		return 0, false // no limit; the plan's loader accepted only these forms
	}
	if isPercent {
		return int64(known) * n / 100, true
	}
	return n, true
}
