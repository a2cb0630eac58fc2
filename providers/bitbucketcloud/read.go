package bitbucketcloud

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/stream"
)

// Read yields one stream of a repository.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch req.Stream {
	case streamThreads:
		return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return s.readThreads(ctx, req) })
	case streamBase:
		return forgesource.Read(ctx, req, func(ctx context.Context, out *stream.Out) ([]stream.Section, error) {
			p, err := s.find(ctx, req.Repo)
			return (&reading{Out: out, source: s, place: p}).sections(), err
		})
	}
	return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return nil, forgesource.NoStream(req.Stream) })
}

// readThreads yields what has a number.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) (iter.Seq2[providers.Message, error], error) {
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.repository(p.repo, providers.PartCode).Refs(ctx)
	if err != nil {
		return nil, err
	}
	return threads.Read(ctx, s.client, s.people, threads.Repository{
		Repo: p.repo, UUID: p.found.UUID, Web: s.host.Web, HasIssues: p.found.HasIssues, Refs: refs.Names, SkipFiles: !p.attachments,
	}, req), nil
}
