package bitbucketserver

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/bitbucketserver/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect looks at several repositories at once and yields the answers as they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return forgesource.Inspect(ctx, queries, inspections, s.facts)
}

func (s *source) facts(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
	p, err := s.find(ctx, q.Repo)
	if err != nil {
		return nil, err
	}
	head, err := threads.Look(ctx, s.api, p.name)
	if err != nil {
		return nil, err
	}
	refs, err := s.git(p, head.Heads).Refs(ctx)
	if err != nil {
		return nil, err
	}
	base := reading{source: s, place: p, defaultBranch: forgegit.DefaultBranch(refs)}
	validator, counts, err := stream.Digest(ctx, base.sections)
	if err != nil {
		return nil, err
	}
	counts[schema.KindChange] = head.Changes
	size, _ := s.api.Size(ctx, p.name) // 0 when the server does not tell
	facts := &providers.Facts{
		Identity:   body.ID(p.id),
		FullName:   p.fullName(),
		Name:       p.name.Slug, // the name can be anything, and targets are strict
		URL:        s.page(p),
		GitBytes:   size,
		Counts:     counts,
		Streams:    map[string]string{streamBase: validator, streamThreads: head.Validator},
		Requests:   estimate(head),
		Visibility: body.Visibility(p.found),
		LastNumber: head.Last,
	}
	forgegit.Describe(facts, refs, gitrepo.Refs{})
	// A detached HEAD is in nothing else that is told.
	facts.ETag = schema.Digest([]any{forgesource.Stable(facts), refs.HeadOID})
	return facts, nil
}

// estimate is how many requests a full reading takes, downloads not counted.
func estimate(head threads.Head) int64 {
	const page = 100
	// The settings and what is told as a loss, the list, then each pull request
	// with its activities.
	return 14 + 1 + head.Changes/page + 2*head.Changes
}
