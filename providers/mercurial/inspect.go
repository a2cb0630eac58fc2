package mercurial

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect looks at each repository and yields the answers as they come. Which
// refs there will be is known only when the history has been converted.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return providers.InspectEach(ctx, queries, inspections, s.inspect)
}

func (s *source) inspect(ctx context.Context, query providers.Lookup) providers.Inspection {
	answer := providers.Inspection{ID: query.ID}
	facts, err := s.facts(ctx, query.Repo)
	switch {
	case err != nil:
		answer.Problem = providers.AsError(err)
	case facts.ETag == query.ETag:
		answer.Unchanged = true
	default:
		answer.Facts = facts
	}
	return answer
}

func (s *source) facts(ctx context.Context, repo providers.Repo) (*providers.Facts, error) {
	set, a, err := readSettings(repo)
	if err != nil {
		return nil, err
	}
	g, err := s.glance(ctx, a)
	if err != nil {
		return nil, failure("look at the repository", a, err)
	}
	facts := &providers.Facts{
		Identity:      g.identity,
		FullName:      a.fullName(),
		Name:          a.name(),
		URL:           a.shown(),
		Parts:         []providers.Part{providers.PartCode},
		DefaultBranch: branchRefs + set.DefaultBranch,
		ObjectFormat:  "sha1",
	}
	facts.ETag = schema.Digest([]any{facts, g.validator})
	return facts, nil
}
