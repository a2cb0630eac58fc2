package reading

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/gitlab/reading/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many projects are looked at at a time.
const inspections = 8

// Inspect looks at several projects and groups at once and yields the answers as
// they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return forgesource.Inspect(ctx, queries, inspections, s.facts)
}

func (s *source) facts(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
	c, err := readChoice(q.Repo)
	if err != nil {
		return nil, err
	}
	if c.group {
		return s.groupFacts(ctx, c)
	}
	p, err := s.find(ctx, q.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.refs(ctx, p)
	if err != nil {
		return nil, err
	}
	wiki, err := s.wikiRefs(ctx, p)
	if err != nil {
		return nil, err
	}
	v, err := s.validate(ctx, p)
	if err != nil {
		return nil, err
	}
	facts := &providers.Facts{
		Identity:   body.ID(p.number),
		FullName:   p.fullPath(),
		Name:       p.found.Path,
		URL:        p.found.WebURL,
		Counts:     v.counts,
		Streams:    v.streams,
		Requests:   v.estimate(),
		Visibility: p.found.Visibility,
	}
	forgegit.Describe(facts, refs, wiki)
	// A detached HEAD, and what the wiki holds, is in nothing else that is told.
	facts.ETag = schema.Digest([]any{format, facts, refs.HeadOID, schema.DigestRefs(wiki.Names)})
	if p.found.Sizes != nil { // it moves as the server packs
		facts.GitBytes = p.found.Sizes.Repository
	}
	return facts, nil
}

// format is that of validators. It goes up when records of the same things change.
const format = 1

// validation is what tells whether the streams of a project changed.
type validation struct {
	streams map[string]string
	counts  map[schema.Kind]int64
}

func (s *source) validate(ctx context.Context, p place) (validation, error) {
	v := validation{streams: map[string]string{}, counts: map[schema.Kind]int64{}}
	for name, sections := range map[string]func(*reading) []stream.Section{streamBase: (*reading).base, streamReleases: (*reading).releaseSections} {
		digest, counts, err := stream.Digest(ctx, func(out *stream.Out) []stream.Section {
			return sections(&reading{Out: out, source: s, place: p})
		})
		if err != nil {
			return v, err
		}
		v.streams[name] = schema.Digest([]any{format, digest})
		for kind, n := range counts {
			if kind != schema.KindAttachment { // others have some too
				v.counts[kind] = n
			}
		}
	}
	snippets, err := s.listSnippets(ctx, p)
	if err != nil {
		return v, err
	}
	v.streams[streamSnippets] = schema.Digest([]any{format, snippets})
	if len(snippets) > 0 {
		v.counts[schema.KindSnippet] = int64(len(snippets))
	}
	for name, sort := range map[string]threads.Sort{streamIssues: threads.Issues(), streamChanges: threads.Changes()} {
		h, err := threads.Look(ctx, s.api, p.number, sort)
		if err != nil {
			return v, err
		}
		v.streams[name] = schema.Digest([]any{format, h.Digest, h.Total})
		if h.Total >= 0 {
			v.counts[sort.Kind] = h.Total
		}
	}
	return v, nil
}

// estimate is how many requests a full reading takes, downloads not counted.
func (v validation) estimate() int64 {
	const fixed = 5 + 12 // looking it up for each stream, rules, and the lists of what cannot be carried
	pages := func(kind schema.Kind) int64 { return 1 + v.counts[kind]/100 }
	n := int64(fixed) + pages(schema.KindLabel) + pages(schema.KindMilestone) + pages(schema.KindMember) + pages(schema.KindRelease)
	n += pages(schema.KindIssue) + pages(schema.KindChange) + pages(schema.KindSnippet)
	// Each thread takes seven, and its notes one each: two, as a rule of thumb.
	return n + 9*v.counts[schema.KindIssue] + 9*v.counts[schema.KindChange] + 4*v.counts[schema.KindSnippet]
}

// groupFacts tells of a group what is in it. Nothing of it is read by this source.
func (s *source) groupFacts(ctx context.Context, c choice) (*providers.Facts, error) {
	g, err := s.api.Group(ctx, c.id)
	if err != nil {
		return nil, err
	}
	if !isPath(g.FullPath) || g.ID <= 0 || c.number != 0 && g.ID != c.number {
		return nil, providers.Errorf(providers.CodeInvalid, "the server answered with a group that was not asked for, or that has no proper path")
	}
	facts := &providers.Facts{
		Identity: groupPrefix + body.ID(g.ID), FullName: g.FullPath, Name: g.Path, URL: g.WebURL, Parts: []providers.Part{},
		Counts: map[schema.Kind]int64{}, Visibility: g.Visibility,
	}
	for kind, list := range map[schema.Kind]api.List{
		schema.KindRepository: api.ListProjects, KindGroup: api.ListDescendants, schema.KindMember: api.ListMembers,
		schema.KindLabel: api.ListLabels, schema.KindMilestone: api.ListMilestones,
	} {
		n, err := s.api.CountOfGroup(ctx, api.Number(g.ID), list)
		if err != nil && !forgesource.IsHidden(err) {
			return nil, err
		}
		if err == nil && n >= 0 {
			facts.Counts[kind] = n
		}
	}
	facts.ETag = schema.Digest([]any{format, facts, g.Name, g.Description})
	return facts, nil
}

// KindGroup is what the facts of a group count the groups in it under. There are no
// records of that kind.
const KindGroup schema.Kind = "group"
