package bitbucketserver

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch req.Stream {
	case streamBase:
		return s.readBase(ctx, req)
	case streamThreads:
		return s.readThreads(ctx, req)
	}
	return func(yield func(providers.Message, error) bool) {
		yield(providers.Message{}, providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(req.Stream)))
	}
}

func (s *source) readBase(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := reading{source: s}
		out := stream.Start(req.Kinds, func(m providers.Message, err error) bool {
			if m.End != nil && r.incomplete { // what was not listed is not gone
				m.End.Complete = false
			}
			return yield(m, err)
		})
		// The client waits in this goroutine, so that waits are told in order.
		ctx := forgehttp.Throttles(ctx, out.Throttled)
		err := out.Resume(req.Cursor)
		if err == nil {
			err = r.lookUp(ctx, req.Repo)
		}
		if err == nil {
			err = out.Sections(ctx, r.sections(out))
		}
		out.End(err)
	}
}

// readThreads yields the pull requests.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		p, err := s.find(ctx, req.Repo)
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		refs, err := s.git(p, nil).Refs(ctx)
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		repository := threads.Repository{
			ID: p.id, Name: p.name, URL: s.page(p), Branches: map[string]bool{},
			Files: s.files(p),
		}
		for name := range refs.Names {
			if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok {
				repository.Branches[branch] = true
			}
		}
		for m, err := range threads.Read(ctx, s.api, repository, req) {
			if !yield(m, err) {
				return
			}
		}
	}
}

// reading is one reading of the stream base.
type reading struct {
	source        *source
	place         place
	defaultBranch string // a full ref name
	incomplete    bool   // a list could not be had, and was reported as failed
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
