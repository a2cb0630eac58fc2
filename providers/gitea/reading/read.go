package reading

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	if req.Stream == streamThreads {
		return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return s.readThreads(ctx, req) })
	}
	return forgesource.Read(ctx, req, func(ctx context.Context, out *stream.Out) ([]stream.Section, error) {
		p, err := s.find(ctx, req.Repo)
		if err != nil {
			return nil, err
		}
		r := &reading{Out: out, source: s, place: p}
		switch req.Stream {
		case streamBase:
			return r.baseSections(), nil
		case streamReleases:
			return r.releaseSections(), nil
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

// cutSuffixFold cuts a suffix off s, however its letters are written.
func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}
