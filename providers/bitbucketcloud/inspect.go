package bitbucketcloud

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect looks at several repositories at once and yields the answers as they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	ctx = forgehttp.Patience(ctx, patience)
	return forgesource.Inspect(ctx, queries, inspections, s.facts)
}

func (s *source) facts(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
	p, err := s.find(ctx, q.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.repository(p.repo, providers.PartCode).Refs(ctx)
	if err != nil {
		return nil, err
	}
	wiki, err := s.wikiRefs(ctx, p)
	if err != nil {
		return nil, err
	}
	head, err := threads.Look(ctx, s.client, p.repo, p.found.HasIssues)
	if err != nil {
		return nil, err
	}
	base, counts, err := stream.Digest(ctx, func(o *stream.Out) []stream.Section {
		return (&reading{Out: o, source: s, place: p, issues: &head.Issues.Count}).sections()
	})
	if err != nil {
		return nil, err
	}
	counts[schema.KindIssue], counts[schema.KindChange] = head.Issues.Count, head.Pulls.Count
	facts := &providers.Facts{
		Identity: p.found.UUID,
		FullName: p.fullName(),
		Name:     p.repo.Slug,
		URL:      p.found.Links.HTML.Href,
		GitBytes: p.found.Size,
		Counts:   counts,
		Streams: map[string]string{
			streamBase:    base,
			streamThreads: schema.Digest([]any{head, p.found.HasIssues, p.attachments}),
		},
		Requests:   estimate(p, head),
		Visibility: visibility(p.found),
	}
	forgegit.Describe(facts, refs, wiki)
	if head.Pulls.Count > 0 { // there are refs that an export has to find first
		facts.Refs = nil
	}
	// A detached HEAD, and refs that are not told, are in nothing else.
	facts.ETag = schema.Digest([]any{forgesource.Stable(facts), refs.HeadOID, schema.DigestRefs(refs.Names), schema.DigestRefs(wiki.Names)})
	return facts, nil
}

// estimate is how many requests a full reading takes, downloads not counted.
func estimate(p place, h threads.Head) int64 {
	// Looking it up for each stream and part, base with its losses, the two heads.
	const fixed = 4 + 10 + 2
	n := int64(fixed)
	// Lists of issues and, twice, of pull requests; each issue its comments, changes
	// and files; each pull request its comments and the ids of two commits.
	n += h.Issues.Count/100 + 2*h.Issues.Count + 2*(h.Pulls.Count/50) + 3*h.Pulls.Count
	if p.attachments {
		n += h.Issues.Count
	}
	return n
}
