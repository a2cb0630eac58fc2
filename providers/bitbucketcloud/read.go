package bitbucketcloud

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch req.Stream {
	case streamThreads:
		return s.readThreads(ctx, req)
	case streamBase:
		return s.readBase(ctx, req)
	}
	return func(yield func(providers.Message, error) bool) {
		yield(providers.Message{}, providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(req.Stream)))
	}
}

func (s *source) readBase(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{Out: stream.Start(req.Kinds, yield), source: s}
		// The client waits in this goroutine, so that waits are told in order.
		ctx := forgehttp.Throttles(ctx, r.Throttled)
		err := r.Resume(req.Cursor)
		if err == nil {
			r.place, err = s.find(ctx, req.Repo)
		}
		if err == nil {
			err = r.Sections(ctx, r.sections())
		}
		r.End(err)
	}
}

// readThreads yields what has a number.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		p, err := s.find(ctx, req.Repo)
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		refs, err := s.repository(p.repo, providers.PartCode).Refs(ctx)
		if err != nil {
			yield(providers.Message{}, err)
			return
		}
		threads.Read(ctx, s.client, s.people, threads.Repository{
			Repo: p.repo, UUID: p.found.UUID, Web: s.host.Web, HasIssues: p.found.HasIssues, Refs: refs.Names, SkipFiles: !p.attachments,
		}, req)(yield)
	}
}
