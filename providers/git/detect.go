package git

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Detect asks for the refs of what stands at url. Whatever git cannot make
// anything of is not a git repository; only a refused credential is an error,
// and a server that cannot be reached.
func (s *source) Detect(ctx context.Context, url string) (providers.Detection, error) {
	const op = "detect"
	settings, err := json.Marshal(map[string]string{"vcs_url": url})
	if err != nil {
		return providers.Detection{}, providers.Errorf(providers.CodeInternal, "write the address: %w", err)
	}
	a, err := s.locate(providers.Repo{Settings: settings})
	if err != nil {
		return providers.Detection{}, nil // an address that git does not take is none of ours
	}
	_, err = gitrepo.LsRemote(ctx, s.remote(a))
	kind, remote := gitrepo.KindOf(err), a.scheme != "" && a.scheme != "file"
	switch {
	case err == nil:
		return providers.Detection{Found: true}, nil
	case ctx.Err() != nil, kind == gitrepo.Missing, remote && (kind == gitrepo.Auth || kind == gitrepo.Unreachable):
		return providers.Detection{}, failure(op, a, err)
	}
	return providers.Detection{}, nil
}

// VerifyGit compares the refs of an export with those at the source now. There
// is nothing more to compare: a commit's id covers all that is in it, and git
// checks that when objects arrive.
func (s *source) VerifyGit(ctx context.Context, req providers.VerifyRequest, _ func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	const op = "verify"
	return func(yield func(providers.Verified, error) bool) {
		a, err := s.locate(req.Repo)
		if err != nil {
			yield(providers.Verified{}, err)
			return
		}
		there, err := gitrepo.LsRemote(ctx, s.remote(a))
		if err != nil {
			yield(providers.Verified{}, failure(op, a, err))
			return
		}
		repo, err := gitrepo.Open(req.Dir)
		if err != nil {
			yield(providers.Verified{}, failure(op, a, err))
			return
		}
		here, err := repo.Refs(ctx)
		if err != nil {
			yield(providers.Verified{}, failure(op, a, err))
			return
		}
		for name, commit := range here.Names {
			v := providers.Verified{Ref: name, Commit: commit}
			switch now, ok := there.Names[name]; {
			case !ok:
				v.Differences = []providers.GitDifference{{Problem: "is no longer at the source"}}
			case now != commit:
				v.Differences = []providers.GitDifference{{Problem: "is at " + schema.Printable(now) + " at the source"}}
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
