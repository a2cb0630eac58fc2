package reading

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a project.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch req.Stream {
	case streamIssues:
		return s.readThreads(ctx, threads.Issues(), req)
	case streamChanges:
		return s.readThreads(ctx, threads.Changes(), req)
	}
	return func(yield func(providers.Message, error) bool) {
		out := stream.Start(req.Kinds, yield)
		// The client waits in this goroutine, so that waits are told in order.
		out.End(s.readSections(forgehttp.Throttles(ctx, out.Throttled), out, req))
	}
}

func (s *source) readSections(ctx context.Context, out *stream.Out, req providers.ReadRequest) error {
	if err := out.Resume(req.Cursor); err != nil {
		return err
	}
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return err
	}
	r := &reading{Out: out, source: s, place: p}
	switch req.Stream {
	case streamBase:
		return out.Sections(ctx, r.base())
	case streamReleases:
		return out.Sections(ctx, r.releaseSections())
	case streamSnippets:
		return out.Sections(ctx, r.snippetSections())
	}
	return providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(req.Stream))
}

// reading is one reading of a stream that is read as a whole.
type reading struct {
	*stream.Out
	source *source
	place  place
}

// put yields one record.
func (r *reading) put(kind schema.Kind, id string, parent *schema.Key, of any, blob *schema.Blob) error {
	return r.Put(stream.Record{Key: schema.Key{Kind: kind, ID: id}, Parent: parent, Body: of, Blob: blob})
}

// lasting returns the error with which the reading ends, or nil when it is about one
// object only.
func (r *reading) lasting(ctx context.Context, err error) error {
	return stream.Lasting(ctx, err, func(ctx context.Context) error {
		_, err := r.source.api.Metadata(ctx)
		return err
	})
}

// hidden reports whether err says that the token may not see something, or that
// there is none.
func hidden(err error) bool { return api.IsNotFound(err) || api.IsDenied(err) }

// readThreads yields issues or merge requests.
func (s *source) readThreads(ctx context.Context, sort threads.Sort, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		p, err := s.find(ctx, req.Repo)
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		repository := threads.Repository{Project: s.links(p)}
		if sort.Kind == schema.KindChange {
			refs, err := s.refs(ctx, p)
			if err != nil {
				yield(providers.Message{}, providers.AsError(err))
				return
			}
			repository.Refs = refs.Names
		}
		for m, err := range threads.Read(ctx, s.api, repository, sort, req) {
			if !yield(m, err) {
				return
			}
		}
	}
}
