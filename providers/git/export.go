package git

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// ExportGit mirrors the repository into req.Dir, and the Git LFS objects that
// its history names into req.Dir/lfs/objects. An object that cannot be had is
// in Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	const op = "export"
	var export providers.Export
	a, err := s.locate(req.Repo)
	if err != nil {
		return export, err
	}
	if req.Part != providers.PartCode {
		return export, failure(op, a, providers.Errorf(providers.CodeUnsupported, "plain git has no part %q", schema.Printable(string(req.Part))))
	}
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	if err := gitrepo.Mirror(ctx, s.remote(a), req.Dir, func(p gitrepo.Progress) { observe(progress(p)) }); err != nil {
		return export, failure(op, a, err)
	}
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return export, failure(op, a, err)
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return export, failure(op, a, err)
	}
	export.Refs, export.DefaultBranch, export.ObjectFormat = refs.Names, defaultBranch(refs), refs.ObjectFormat
	if s.lfs == lfsSkip {
		return export, nil
	}
	export.LFS, export.Failed, err = s.exportLFS(ctx, a, repo, observe)
	if err != nil {
		return providers.Export{}, failure(op, a, err)
	}
	return export, nil
}

// progress turns "receiving objects" into the phase and its unit.
func progress(p gitrepo.Progress) providers.Progress {
	phase, unit, _ := strings.Cut(p.Phase, " ")
	return providers.Progress{Phase: phase, Done: p.Done, Total: p.Total, Unit: unit}
}

func (s *source) exportLFS(ctx context.Context, a address, repo *gitrepo.Repo, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
	var pointers []gitrepo.Pointer
	for p, err := range repo.LFSPointers(ctx) {
		if err != nil {
			return schema.Count{}, nil, err
		}
		pointers = append(pointers, p)
	}
	if len(pointers) == 0 {
		return schema.Count{}, nil, nil
	}
	store, err := lfs.OpenStore(repo.Dir())
	if err != nil {
		return schema.Count{}, nil, err
	}
	return lfs.Fetch(ctx, store, pointers, func() lfs.Origin { return s.origin(ctx, a, repo) }, observe)
}
