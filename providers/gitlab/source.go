package gitlab

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
)

// sourceDescription describes the source part of the provider.
func sourceDescription() *providers.SourceDescription { return reading.Description(pages()) }

// openSource opens the source part.
func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	return reading.Open(version)(ctx, config)
}
