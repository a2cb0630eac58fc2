package bitbucketserver

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
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
			r := reading{source: s}
			if err := r.lookUp(ctx, req.Repo); err != nil {
				return nil, err
			}
			if r.place.strategy == optimistic {
				out.Tolerate(s.page(r.place))
			}
			return r.sections(out), nil
		})
	}
	return stream.Open(func() (iter.Seq2[providers.Message, error], error) { return nil, forgesource.NoStream(req.Stream) })
}

// readThreads yields the pull requests.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) (iter.Seq2[providers.Message, error], error) {
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.git(p, nil).Refs(ctx)
	if err != nil {
		return nil, err
	}
	repository := threads.Repository{ID: p.id, Name: p.name, URL: s.page(p), Branches: map[string]bool{}, Files: s.files(p)}
	for name := range refs.Names {
		if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok {
			repository.Branches[branch] = true
		}
	}
	return threads.Read(ctx, s.api, repository, req), nil
}

// reading is one reading of the stream base.
type reading struct {
	source        *source
	place         place
	defaultBranch string // a full ref name
}

// lookUp finds the repository and what git alone knows of it.
func (r *reading) lookUp(ctx context.Context, repo providers.Repo) error {
	var err error
	if r.place, err = r.source.find(ctx, repo); err != nil {
		return err
	}
	refs, err := r.source.git(r.place, nil).Refs(ctx)
	r.defaultBranch = forgegit.DefaultBranch(refs)
	return err
}
