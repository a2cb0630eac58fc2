package reading

import (
	"context"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// ExportGit mirrors the code or the wiki into req.Dir, and the Git LFS objects that
// its history names into req.Dir/lfs/objects. An object that cannot be had is in
// Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	const op = "export"
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	remote, subject, err := s.remoteOf(ctx, req.Repo, req.Part)
	if err != nil {
		return providers.Export{}, err
	}
	if err := gitrepo.Mirror(ctx, remote, req.Dir, func(p gitrepo.Progress) { observe(progress(p)) }); err != nil {
		return providers.Export{}, gitFailure(op, subject, err)
	}
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return providers.Export{}, gitFailure(op, subject, err)
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return providers.Export{}, gitFailure(op, subject, err)
	}
	export := providers.Export{Refs: refs.Names, DefaultBranch: defaultBranch(refs), ObjectFormat: refs.ObjectFormat}
	if export.LFS, export.Failed, err = s.exportLFS(ctx, remote, repo, observe); err != nil {
		return providers.Export{}, gitFailure(op, subject, err)
	}
	return export, nil
}

// progress turns "receiving objects" into the phase and its unit.
func progress(p gitrepo.Progress) providers.Progress {
	phase, unit, _ := strings.Cut(p.Phase, " ")
	return providers.Progress{Phase: phase, Done: p.Done, Total: p.Total, Unit: unit}
}

// defaultBranch is the branch that HEAD names, as a full ref name. A branch that
// does not exist counts only while there are no others.
func defaultBranch(refs gitrepo.Refs) string {
	if _, exists := refs.Names[refs.Head]; !exists && len(refs.Names) > 0 || !strings.HasPrefix(refs.Head, "refs/heads/") {
		return ""
	}
	return refs.Head
}

func (s *source) exportLFS(ctx context.Context, remote gitrepo.Remote, repo *gitrepo.Repo, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
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
	return lfs.Fetch(ctx, store, pointers, func() lfs.Origin { return s.origin(ctx, remote, repo) }, observe)
}

// origin is where the Git LFS objects of a repository are. What .lfsconfig says is
// believed only as far as it stays on the same server: whoever can push writes it.
func (s *source) origin(ctx context.Context, remote gitrepo.Remote, mirror *gitrepo.Repo) lfs.Origin {
	endpoint := lfs.Endpoint(remote.URL)
	configured, err := mirror.ConfigAtHead(ctx, ".lfsconfig", "lfs.url")
	switch {
	case err != nil:
		return lfs.Nowhere(gitFailure("read .lfsconfig", "", err))
	case configured != "":
		at, err := url.Parse(configured)
		home, herr := url.Parse(remote.URL)
		if err != nil || herr != nil || at.Scheme != home.Scheme || !strings.EqualFold(at.Host, home.Host) {
			return lfs.Nowhere(&providers.Error{Code: providers.CodeDenied, Message: "lfs.url in the repository's .lfsconfig names another server than the source",
				Hint: "fetch the objects in a clone with git lfs fetch --all, and migrate that clone with a source of plain git"})
		}
		at.User = nil
		endpoint = strings.TrimRight(at.String(), "/")
	}
	return lfs.Server{URL: endpoint, Username: remote.Username, Password: remote.Password, Attribute: "access_token", Transport: s.large}
}
