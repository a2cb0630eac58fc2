package git

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect asks each repository for its refs and yields the answers as they
// come.
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
	const op = "list refs"
	a, err := s.locate(repo)
	if err != nil {
		return nil, err
	}
	name, err := a.name()
	if err != nil {
		name = "" // an address without a fit name suggests none; the plan then sets one
	}
	refs, err := gitrepo.LsRemote(ctx, s.remote(a))
	if err != nil {
		return nil, failure(op, a, err)
	}
	facts := &providers.Facts{
		Identity:      a.identity(),
		FullName:      a.fullName(),
		Name:          name,
		URL:           a.shown(),
		Parts:         []providers.Part{providers.PartCode},
		Refs:          refs.Names,
		DefaultBranch: defaultBranch(refs),
		ObjectFormat:  refs.ObjectFormat,
	}
	// All that is told, and the commit of a detached HEAD, which is not.
	facts.ETag = schema.Digest([]any{facts, refs.HeadOID})
	return facts, nil
}

// defaultBranch is the branch that HEAD names, as a full ref name. A branch
// that does not exist counts only while there are no others.
func defaultBranch(refs gitrepo.Refs) string {
	if _, exists := refs.Names[refs.Head]; !exists && len(refs.Names) > 0 || !strings.HasPrefix(refs.Head, "refs/heads/") {
		return ""
	}
	return refs.Head
}
