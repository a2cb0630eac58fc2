package reading

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/providers/gitea/reading/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect looks at several repositories at once and yields the answers as they
// come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return forgesource.Inspect(ctx, queries, inspections, s.facts)
}

func (s *source) facts(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
	p, err := s.find(ctx, q.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.git(p, providers.PartCode).Refs(ctx)
	if err != nil {
		return nil, err
	}
	wiki, err := s.wikiRefs(ctx, p)
	if err != nil {
		return nil, err
	}
	v, err := s.validate(ctx, p, q.ETag)
	if err != nil {
		return nil, err
	}
	facts := &providers.Facts{
		Identity:   body.ID(p.id),
		FullName:   p.fullName(),
		Name:       p.name.Name,
		URL:        p.found.HTMLURL,
		GitBytes:   p.found.Size << 10,
		Counts:     v.counts,
		Streams:    v.streams,
		Requests:   estimate(p, v),
		Visibility: body.Visibility(p.found),
		LastNumber: v.head.Last,
	}
	forgegit.Describe(facts, refs, wiki)
	// A detached HEAD, and what the wiki holds, is in nothing else that is told.
	facts.ETag = v.moments.etag([]any{forgesource.Stable(facts), refs.HeadOID, schema.DigestRefs(wiki.Names)})
	return facts, nil
}

// validation is what tells whether the streams of a repository changed.
type validation struct {
	streams map[string]string
	counts  map[schema.Kind]int64
	head    threads.Head
	moments moments
}

func (s *source) validate(ctx context.Context, p place, etag string) (validation, error) {
	v := validation{streams: map[string]string{}, counts: map[schema.Kind]int64{}}
	for name, sections := range map[string]func(*reading) []stream.Section{streamBase: (*reading).baseSections, streamReleases: (*reading).releaseSections} {
		digest, counts, err := stream.Digest(ctx, func(out *stream.Out) []stream.Section {
			return sections(&reading{Out: out, source: s, place: p})
		})
		if err != nil {
			return v, err
		}
		v.streams[name] = digest
		for kind, n := range counts {
			if kind != schema.KindAttachment { // threads have some too
				v.counts[kind] = n
			}
		}
	}
	var err error
	if v.head, err = threads.Look(ctx, p.api, p.name); err != nil {
		return v, err
	}
	if v.moments, err = newest(ctx, p, v.head, readMoments(etag)); err != nil {
		return v, err
	}
	h := v.head
	v.counts[schema.KindIssue], v.counts[schema.KindChange] = h.Issues, h.Changes
	v.streams[streamThreads] = schema.Digest([]any{h.Issues, h.Changes, h.Comments, h.Newest, h.Last, v.moments, p.attachments})
	return v, nil
}

// estimate is how many requests a full reading takes, downloads not counted.
func estimate(p place, v validation) int64 {
	size := int64(p.pageSize)
	pages := func(n int64) int64 { return max(1, (n+size-1)/size) }
	h := v.head
	// The fixed ones: looking it up for each stream, rules, and the lists of what
	// cannot be carried.
	n := int64(3+2+6) + pages(v.counts[schema.KindLabel]) + 1 + pages(v.counts[schema.KindMilestone]) + pages(v.counts[schema.KindRelease]) + 1
	if p.members {
		n += v.counts[schema.KindMember]
	}
	// Each thread: itself, its timeline, reactions, comments; a pull request also
	// its branches and reviews; each comment the reactions to it.
	return n + 4 + pages(h.Issues+h.Changes) + 4*h.Issues + 7*h.Changes + h.Comments
}
