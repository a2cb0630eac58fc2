package reading

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/providers/gitea/reading/threads"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect looks at several repositories at once and yields the answers as they
// come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return providers.InspectEach(ctx, queries, inspections, func(ctx context.Context, q providers.Lookup) providers.Inspection {
		answer := providers.Inspection{ID: q.ID}
		facts, err := s.facts(ctx, q)
		switch {
		case err != nil:
			answer.Problem = providers.AsError(err)
		case facts.ETag == q.ETag:
			answer.Unchanged = true
		default:
			answer.Facts = facts
		}
		return answer
	})
}

func (s *source) facts(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
	p, err := s.find(ctx, q.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.git(s.remote(p, providers.PartCode), p.fullName()).Refs(ctx)
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
		Identity:      body.ID(p.id),
		FullName:      p.fullName(),
		Name:          p.name.Name,
		URL:           p.found.HTMLURL,
		Parts:         []providers.Part{providers.PartCode},
		Refs:          refs.Names,
		WikiRefs:      wiki.Names,
		DefaultBranch: forgegit.DefaultBranch(refs),
		ObjectFormat:  refs.ObjectFormat,
		GitBytes:      p.found.Size << 10,
		Counts:        v.counts,
		Streams:       v.streams,
		Requests:      estimate(p, v),
		Visibility:    body.Visibility(p.found),
		LastNumber:    v.head.Last,
	}
	if len(wiki.Names) > 0 {
		facts.Parts = append(facts.Parts, providers.PartWiki)
	}
	// The size goes up and down as the server packs; a detached HEAD, and what the
	// wiki holds, is in nothing else that is told.
	stable := *facts
	stable.GitBytes, stable.Requests = 0, 0
	facts.ETag = v.moments.etag([]any{stable, refs.HeadOID, schema.DigestRefs(wiki.Names)})
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
	for _, stream := range []string{streamBase, streamReleases} {
		r := &reading{source: s, place: p, cursor: cursor{Counts: map[schema.Kind]int64{}}}
		digest, err := r.digest(ctx, stream)
		if err != nil {
			return v, err
		}
		v.streams[stream] = digest
		for kind, n := range r.cursor.Counts {
			if kind != schema.KindAttachment { // threads have some too
				v.counts[kind] += n
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

// digest is that of all that a reading of a stream would yield, losses apart.
func (r *reading) digest(ctx context.Context, stream string) (string, error) {
	var told []any
	r.yield = func(m providers.Message, _ error) bool {
		if m.Record != nil {
			told = append(told, m.Record.Key(), m.Record.Revision)
		}
		return true
	}
	sections, err := r.sections(stream)
	if err != nil {
		return "", err
	}
	for _, s := range sections {
		if len(s.kinds) == 0 {
			continue
		}
		if err := s.read(ctx); err != nil {
			return "", err
		}
	}
	return schema.Digest(told), nil
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
