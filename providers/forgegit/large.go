package forgegit

import (
	"context"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

func (r Repository) exportLFS(ctx context.Context, repo *gitrepo.Repo, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
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
	return lfs.Fetch(ctx, store, pointers, func() lfs.Origin { return r.origin(ctx, repo) }, observe)
}

// origin is where the Git LFS objects are. What .lfsconfig says is believed only as
// far as it stays on the same server: whoever can push writes it.
func (r Repository) origin(ctx context.Context, mirror *gitrepo.Repo) lfs.Origin {
	endpoint := lfs.Endpoint(r.Remote.URL)
	configured, err := mirror.ConfigAtHead(ctx, ".lfsconfig", "lfs.url")
	switch {
	case err != nil:
		return lfs.Nowhere(r.failure("read .lfsconfig", err))
	case configured != "":
		at, err := url.Parse(configured)
		home, herr := url.Parse(r.Remote.URL)
		if err != nil || herr != nil || at.Scheme != home.Scheme || !strings.EqualFold(at.Host, home.Host) {
			return lfs.Nowhere(&providers.Error{Code: providers.CodeDenied, Message: "lfs.url in the repository's .lfsconfig names another server than the source",
				Hint: "fetch the objects in a clone with git lfs fetch --all, and migrate that clone with a source of plain git"})
		}
		at.User = nil
		endpoint = strings.TrimRight(at.String(), "/")
	}
	return lfs.Server{URL: endpoint, Username: r.Remote.Username, Password: r.Remote.Password, Attribute: r.Attribute, Transport: r.Large}
}
