package github

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	// overviewsAtOnce is how many repositories one request asks about. GitHub
	// gives an answer ten seconds; a larger one is worth no risk.
	overviewsAtOnce = 20

	// inspections is how many repositories are looked at at a time. Most of the
	// time goes by waiting for their refs.
	inspections = 16

	// patience is how long a server that does nothing but fail is asked again
	// while somebody waits for a plan.
	patience = 15 * time.Second
)

// Inspect asks about many repositories in one request, then each for its refs,
// and yields the answers as they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	ctx = forgehttp.Patience(ctx, patience)
	asked := map[int]func() seen{}
	var some []providers.Lookup
	chunk := func() {
		lookups := some
		// The first of a chunk that is looked at asks for all of it.
		ask := sync.OnceValue(func() map[int]seen { return s.overviews(ctx, lookups) })
		for _, q := range lookups {
			asked[q.ID] = func() seen { return ask()[q.ID] }
		}
		some = nil
	}
	for _, q := range queries {
		if c, err := readChoice(q.Repo); err == nil && (c.gist != "" || c.allGists) {
			asked[q.ID] = func() seen { return seen{gist: c.gist, allGists: c.allGists} }
			continue
		}
		if some = append(some, q); len(some) == overviewsAtOnce {
			chunk()
		}
	}
	chunk()
	return forgesource.Inspect(ctx, queries, inspections, func(ctx context.Context, q providers.Lookup) (*providers.Facts, error) {
		found := asked[q.ID]()
		switch {
		case found.err != nil:
			return nil, found.err
		case found.allGists:
			return s.allGistsFacts(ctx, q.Repo.Identity)
		case found.gist != "":
			return s.gistFacts(ctx, found.gist)
		}
		return s.facts(ctx, found.place, found.overview)
	})
}

// seen is what a request about many told of one.
type seen struct {
	place    place
	overview api.Overview
	gist     string // the id of a gist, which is asked for by itself
	allGists bool   // all of them are asked for
	err      error
}

// overviews asks about some repositories at once, by the lookups' ids.
func (s *source) overviews(ctx context.Context, lookups []providers.Lookup) map[int]seen {
	answers := make(map[int]seen, len(lookups))
	var places []place
	var ids []int
	for i, found := range s.locate(ctx, lookups) {
		if found.err != nil {
			answers[lookups[i].ID] = found
			continue
		}
		places, ids = append(places, found.place), append(ids, lookups[i].ID)
	}
	for i, found := range s.look(ctx, places) {
		if p := places[i]; p.id != 0 && (found.err == nil && found.overview.DatabaseID != p.id || providers.CodeOf(found.err) == providers.CodeNotFound) {
			// Another one has its name now, or its node id is of an old form.
			found = s.lookAgain(ctx, p)
		}
		answers[ids[i]] = found
	}
	return answers
}

// locate says where the repositories are that lookups ask about, in their order.
// Some have to be asked for one by one, which is done side by side; the client
// bounds how many.
func (s *source) locate(ctx context.Context, lookups []providers.Lookup) []seen {
	found := make([]seen, len(lookups))
	var all sync.WaitGroup
	for i, q := range lookups {
		all.Go(func() { found[i].place, found[i].err = s.located(ctx, q) })
	}
	all.Wait()
	return found
}

// located says how a repository can be asked for along with others: by the node
// id that its ETag, or an earlier answer, holds, or by its name. Only when there
// is neither is it looked up by its number, which GraphQL does not do.
func (s *source) located(ctx context.Context, q providers.Lookup) (place, error) {
	p, err := s.chosen(q.Repo)
	if err != nil {
		return place{}, err
	}
	if p.id == 0 {
		return p, nil
	}
	if nodeID := nodeOf(q.ETag); nodeID != "" {
		p.nodeID = nodeID
		return p, nil
	}
	if before, ok := s.recall(p.id); ok {
		p.nodeID = before.nodeID
		return p, nil
	}
	if p.owner != "" {
		return p, nil
	}
	return s.find(ctx, q.Repo)
}

// look asks about places. When the server cannot answer so much in time, it is
// asked about fewer.
func (s *source) look(ctx context.Context, places []place) []seen {
	answers := make([]seen, len(places))
	if len(places) == 0 {
		return answers
	}
	wanted, members := make([]api.Wanted, len(places)), false
	for i, p := range places {
		wanted[i] = api.Wanted{NodeID: p.nodeID, Owner: p.owner, Name: p.name}
		members = members || p.members
	}
	overviews, problems, err := s.client.Overviews(ctx, wanted, members)
	if providers.CodeOf(err) == providers.CodeUnavailable && len(places) > 1 && ctx.Err() == nil {
		half := len(places) / 2
		return append(s.look(ctx, places[:half]), s.look(ctx, places[half:])...)
	}
	for i := range places {
		switch {
		case err != nil:
			answers[i].err = err
		case problems[i] != nil:
			answers[i].err = problems[i]
		default:
			answers[i] = s.saw(places[i], overviews[i])
		}
	}
	return answers
}

// lookAgain asks about one repository by its number.
func (s *source) lookAgain(ctx context.Context, p place) seen {
	r, err := s.client.RepositoryByID(ctx, p.id)
	if err != nil {
		return seen{err: err}
	}
	if p, err = s.at(p, r); err != nil {
		return seen{err: err}
	}
	found := s.look(ctx, []place{p})[0]
	if found.err == nil && found.overview.DatabaseID != p.id {
		found.err = providers.Errorf(providers.CodeInvalid, "GitHub calls one repository by the numbers %d and %d", p.id, found.overview.DatabaseID)
	}
	return found
}

// saw is an answer about p.
func (s *source) saw(p place, o api.Overview) seen {
	owner, name, ok := splitName(o.NameWithOwner)
	if !ok || o.DatabaseID <= 0 {
		return seen{err: providers.Errorf(providers.CodeInvalid, "GitHub answered with a repository that has no proper name")}
	}
	if p.id != 0 && p.id != o.DatabaseID {
		return seen{place: p, overview: o} // the caller asks again
	}
	p = p.called(o.DatabaseID, owner, name)
	p.nodeID, p.url = o.ID, o.URL
	s.remember(p)
	return seen{place: p, overview: o}
}

// facts adds to an overview what only the repository itself tells.
func (s *source) facts(ctx context.Context, p place, o api.Overview) (*providers.Facts, error) {
	refs, err := s.part(p, providers.PartCode).Refs(ctx)
	if err != nil {
		return nil, err
	}
	wiki, err := s.wikiRefs(ctx, p)
	if err != nil {
		return nil, err
	}
	streams, err := s.validators(ctx, p, o)
	if err != nil {
		return nil, err
	}
	facts := &providers.Facts{
		Identity:    strconv.FormatInt(p.id, 10),
		FullName:    p.fullName(),
		Name:        p.name,
		URL:         o.URL,
		GitBytes:    o.DiskUsage << 10,
		Counts:      counts(o),
		Streams:     streams,
		Requests:    estimate(p, o),
		Visibility:  strings.ToLower(o.Visibility),
		LastNumber:  lastNumber(o),
		LastNumbers: lastNumbers(o),
	}
	forgegit.Describe(facts, refs, wiki)
	// A detached HEAD is in nothing else that is told.
	facts.ETag = etag(o.ID, []any{forgesource.Stable(facts), refs.HeadOID})
	return facts, nil
}

// etag is the validator of facts. It holds the node id, so that the next look
// can be along with others.
func etag(nodeID string, told any) string {
	return fmt.Sprintf("1 %s %s", nodeID, schema.Digest(told))
}

func nodeOf(etag string) string {
	if parts := strings.Split(etag, " "); len(parts) == 3 && parts[0] == "1" {
		return parts[1]
	}
	return ""
}

// counts are those of an overview that are also what the streams yield.
func counts(o api.Overview) map[schema.Kind]int64 {
	all := map[schema.Kind]int64{
		schema.KindRepository: 1,
		schema.KindLabel:      o.Labels.TotalCount,
		schema.KindMilestone:  o.Milestones.TotalCount,
		schema.KindRelease:    o.Releases.TotalCount,
		schema.KindIssue:      o.Issues.TotalCount,
		schema.KindChange:     o.Changes.TotalCount,
		schema.KindDiscussion: o.Discussions.TotalCount,
	}
	return all
}

// estimate is how many requests a full reading takes, downloads not counted.
func estimate(p place, o api.Overview) int64 {
	size := int64(p.client.PageSize())
	pages := func(n int64) int64 { return (n + size - 1) / size }
	// The fixed ones: looking it up for each stream, its settings, its rules, and
	// the lists of what cannot be carried.
	n := int64(3+1+2+10) + max(1, pages(o.Labels.TotalCount)) + max(1, pages(o.Milestones.TotalCount)) + max(1, pages(o.CommitComments.TotalCount))
	n += 2*pages(o.Releases.TotalCount) + 1
	if p.members {
		n += 2
	}
	return n + threadRequests(o, size)
}
