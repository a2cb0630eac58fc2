package github

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository or gist.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	if req.Stream == streamThreads {
		return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return s.readThreads(ctx, req) })
	}
	return forgesource.Read(ctx, req, func(ctx context.Context, out *stream.Out) ([]stream.Section, error) {
		p, err := s.chosen(req.Repo)
		if err != nil {
			return nil, err
		}
		gist := p.gist != ""
		if !gist {
			if p, err = s.find(ctx, req.Repo); err != nil {
				return nil, err
			}
		}
		if p.strategy == optimistic {
			out.Tolerate(p.url)
		}
		r := &reading{Out: out, source: s, place: p}
		switch {
		case req.Stream == streamBase && gist:
			return r.gistSections(), nil
		case req.Stream == streamReleases && gist:
			return nil, nil
		case req.Stream == streamBase:
			return r.baseSections(), nil
		case req.Stream == streamReleases:
			return []stream.Section{{Name: "releases", Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}, Read: r.releases}}, nil
		}
		return nil, forgesource.NoStream(req.Stream)
	})
}

// reading is one reading of a stream that is read as a whole.
type reading struct {
	*stream.Out
	source *source
	place  place

	about *api.Settings // of the repository; nil: not asked for yet
}

// put yields one record.
func (r *reading) put(kind schema.Kind, id string, parent *schema.Key, body any, blob *schema.Blob) error {
	return r.Put(stream.Record{Key: schema.Key{Kind: kind, ID: id}, Parent: parent, Body: body, Blob: blob})
}

// settings are those of the repository, which are asked for once.
func (r *reading) settings(ctx context.Context) (api.Settings, error) {
	if r.about == nil {
		s, err := r.place.client.Settings(ctx, r.place.nodeID, r.subject())
		if err != nil {
			return s, err
		}
		r.about = &s
	}
	return *r.about, nil
}

// subject is the repository in errors.
func (r *reading) subject() string {
	if r.place.gist != "" {
		return "gist " + r.place.gist
	}
	return r.place.fullName()
}
