package reading

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/reading/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a project.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch req.Stream {
	case streamIssues:
		return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return s.readThreads(ctx, threads.Issues(), req) })
	case streamChanges:
		return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return s.readThreads(ctx, threads.Changes(), req) })
	}
	return forgesource.Read(ctx, req, func(ctx context.Context, out *stream.Out) ([]stream.Section, error) {
		p, err := s.find(ctx, req.Repo)
		if err != nil {
			return nil, err
		}
		r := &reading{Out: out, source: s, place: p}
		switch req.Stream {
		case streamBase:
			return r.base(), nil
		case streamReleases:
			return r.releaseSections(), nil
		case streamSnippets:
			return r.snippetSections(), nil
		}
		return nil, forgesource.NoStream(req.Stream)
	})
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

// readThreads yields issues or merge requests.
func (s *source) readThreads(ctx context.Context, sort threads.Sort, req providers.ReadRequest) (iter.Seq2[providers.Message, error], error) {
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return nil, err
	}
	repository := threads.Repository{Project: s.links(p)}
	if sort.Kind == schema.KindChange {
		refs, err := s.refs(ctx, p)
		if err != nil {
			return nil, err
		}
		repository.Refs = refs.Names
	}
	return threads.Read(ctx, s.api, repository, sort, req), nil
}
