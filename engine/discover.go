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
// Before is how many the block listed at the last apply; a listing that shrank
// by more than the block allows is refused. A listing that was cut off
// is returned with Complete false, and one that reaches the block's limit with
// one item more than that.
func Discover(ctx context.Context, source providers.Source, d schema.Discovery, before int64, throttled func(providers.Throttle)) (schema.Listing, error) {
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
			return list, checkDrop(list, d, before)
		case found.Item != nil:
			if !d.Wants(found.Item.FullName) {
				continue
			}
			if other, twice := seen[found.Item.Identity]; twice {
				return list, providers.Errorf(providers.CodeInternal, "the listing has %s and %s with one identity", schema.Printable(other), schema.Printable(found.Item.FullName))
			}
			seen[found.Item.Identity] = found.Item.FullName
			list.Items = append(list.Items, *found.Item)
			if d.Limit > 0 && int64(len(list.Items)) > d.Limit {
				return list, nil // one too many tells that there is more
			}
		}
	}
	return list, ctx.Err()
}

// checkDrop refuses a listing that shrank.
func checkDrop(list schema.Listing, d schema.Discovery, before int64) error {
	drop := before - int64(len(list.Items))
	if limit, ok := dropLimit(d.MaxDrop, before); !ok || drop <= limit {
		return nil
	}
	return &providers.Error{
		Code:    providers.CodeConflict,
		Message: fmt.Sprintf("the listing has %d repositories, and had %d at the last apply; expect.max_drop allows %s fewer", len(list.Items), before, d.MaxDrop),
		Hint:    "check the source and the credential, or raise expect.max_drop",
	}
}

// dropLimit reads "5%" of before, or "12".
func dropLimit(text string, before int64) (int64, bool) {
	percent, isPercent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseInt(percent, 10, 64)
	if err != nil {
		return 0, false // no limit; the plan's loader accepted only these forms
	}
	if isPercent {
		return before * n / 100, true
	}
	return n, true
}
