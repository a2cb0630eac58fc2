package github

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// readThreads yields what has a number; gists have nothing of the kind.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		p, err := s.chosen(req.Repo)
		if err == nil && p.gist != "" {
			yield(providers.Message{End: &providers.StreamEnd{Counts: map[schema.Kind]int64{}, Complete: true}}, nil)
			return
		}
		if err == nil {
			p, err = s.find(ctx, req.Repo)
		}
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		repository := threads.Repository{
			Owner: p.owner, Name: p.name, NodeID: p.nodeID, Files: p.files(s.host.Web), SkipFiles: !p.attachments, PageSize: p.pageSize,
		}
		for m, err := range threads.Read(ctx, p.client, repository, req) {
			if !yield(m, err) {
				return
			}
		}
	}
}
