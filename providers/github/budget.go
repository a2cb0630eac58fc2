package github

import (
	"context"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/api"
)

// Budget is that of the interface that has less left, REST or GraphQL: a
// migration needs both. Tokens that were not used yet count as full.
func (s *source) Budget(ctx context.Context) (providers.Budget, error) {
	limits, err := s.client.Limits(ctx)
	if err != nil {
		if providers.CodeOf(err) == providers.CodeNotFound { // the server sets no limits
			return providers.Budget{Limit: s.hourly, Remaining: s.hourly, Window: s.window(s.hourly)}, nil
		}
		return providers.Budget{}, err
	}
	least := limits[0]
	for _, l := range limits[1:] {
		if l.Remaining < least.Remaining {
			least = l
		}
	}
	return providers.Budget{Limit: least.Limit, Remaining: least.Remaining, Resets: least.Resets.UTC(), Window: s.window(least.Limit)}, nil
}

func (s *source) window(limit int64) string {
	if limit == 0 {
		return ""
	}
	return api.Window.Round(time.Second).String()
}
