package github

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// readThreads yields what has a number; gists have nothing of the kind.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) (iter.Seq2[providers.Message, error], error) {
	p, err := s.chosen(req.Repo)
	if err != nil {
		return nil, err
	}
	if p.gist != "" {
		return func(yield func(providers.Message, error) bool) {
			yield(providers.Message{End: &providers.StreamEnd{Counts: map[schema.Kind]int64{}, Complete: true}}, nil)
		}, nil
	}
	if p, err = s.find(ctx, req.Repo); err != nil {
		return nil, err
	}
	return threads.Read(ctx, p.client, threads.Repository{
		Owner: p.owner, Name: p.name, NodeID: p.nodeID, Files: p.files(s.host.Web), SkipFiles: !p.attachments, PageSize: p.pageSize,
	}, req), nil
}
