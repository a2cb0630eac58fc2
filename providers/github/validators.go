package github

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// mostTouched bounds the objects whose times of change are asked for beyond what
// an overview tells. Of more, a stream has no validator and is read every time.
const mostTouched = 1000

// validators are those of the streams: digests of whatever makes their records
// differ.
func (s *source) validators(ctx context.Context, p place, o api.Overview) (map[string]string, error) {
	streams := map[string]string{streamThreads: threadsValidator(o, p)}
	comments, enough := o.CommitComments.Nodes, true
	var err error
	if !o.CommitComments.All() {
		if comments, enough, err = s.client.CommitCommentsTouched(ctx, o.ID, mostTouched); err != nil {
			return nil, err
		}
	}
	if enough && o.Labels.All() && o.Milestones.All() && o.Protections.All() && (o.Rulesets == nil || o.Rulesets.All()) && (o.Collaborators == nil || o.Collaborators.All()) {
		streams[streamBase] = baseValidator(p, o, comments)
	}
	releases, enough := o.Releases.Nodes, true
	if !o.Releases.All() || slices.ContainsFunc(releases, func(r api.Released) bool { return !r.Assets.All() }) {
		if releases, enough, err = s.client.ReleasesTouched(ctx, o.ID, mostTouched); err != nil {
			return nil, err
		}
		enough = enough && !slices.ContainsFunc(releases, func(r api.Released) bool { return !r.Assets.All() })
	}
	if enough {
		slices.SortFunc(releases, func(a, b api.Released) int { return strings.Compare(a.ID, b.ID) })
		streams[streamReleases] = schema.Digest([]any{format, p.attachments, releases})
	}
	return streams, nil
}

// format goes up when records are made of the same things in another way, so
// that they are read again.
const format = 1

// baseValidator leaves out what the repository's own time of change says: it
// moves with every push and every star.
func baseValidator(p place, o api.Overview, comments []api.Touched) string {
	settings := o.Settings
	settings.UpdatedAt, settings.DiskUsage, settings.IsEmpty = settings.CreatedAt, 0, false
	slices.SortFunc(comments, func(a, b api.Touched) int { return strings.Compare(a.ID, b.ID) })
	told := []any{format, settings, o.Labels, o.Milestones, o.Protections, o.Rulesets, comments, p.members}
	if p.members {
		told = append(told, o.Collaborators)
	}
	return schema.Digest(told)
}

// threadsValidator moves with every issue, pull request and discussion that is
// added, removed, or touched in a way that GitHub takes for a change. A reaction
// and a reference from elsewhere are none.
func threadsValidator(o api.Overview, p place) string {
	return schema.Digest([]any{format, o.Issues, o.Changes, o.Discussions, o.PinnedIssues, o.PinnedDiscussions, p.attachments})
}

// threadRequests is how many requests it takes to read all threads, most of which
// are read by their numbers, some fifty in one. Comments and events come along
// with what they belong to, as far as they fit.
func threadRequests(o api.Overview, size int64) int64 {
	at := min(size, 50)
	return 2 + (lastNumber(o)+at-1)/at
}

// lastNumbers are the highest numbers of threads by kind, as far as they show: one
// that was transferred has a new number and its old date.
func lastNumbers(o api.Overview) map[schema.Kind]int64 {
	last := map[schema.Kind]int64{}
	for kind, newest := range map[schema.Kind][]api.Newest{
		schema.KindIssue:      {o.Issues, o.LastIssue},
		schema.KindChange:     {o.Changes, o.LastChange},
		schema.KindDiscussion: {o.Discussions, o.LastDiscussion},
	} {
		if n := max(newest[0].Number(), newest[1].Number()); n > 0 {
			last[kind] = n
		}
	}
	return last
}

// lastNumber is the highest of them, which all count together.
func lastNumber(o api.Overview) int64 {
	last := int64(0)
	for _, n := range lastNumbers(o) {
		last = max(last, n)
	}
	return last
}
