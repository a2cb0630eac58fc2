package forgetarget

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// LFS uploads the Git LFS objects that the history names to where the remote has its
// own.
func (p Push) LFS(ctx context.Context, remote gitrepo.Remote) (schema.Count, []providers.ItemFailed, error) {
	var pointers []gitrepo.Pointer
	for pointer, err := range p.From.LFSPointers(ctx) {
		if err != nil {
			return schema.Count{}, nil, err
		}
		pointers = append(pointers, pointer)
	}
	if len(pointers) == 0 {
		return schema.Count{}, nil, nil
	}
	store, err := lfs.OpenStore(p.From.Dir())
	if err != nil {
		return schema.Count{}, nil, err
	}
	roots, err := forgehttp.ReadRoots(remote.CAFile)
	if err != nil {
		return schema.Count{}, nil, err
	}
	transport := lfs.NewTransport(roots)
	defer transport.CloseIdleConnections()
	return lfs.Upload(ctx, store, pointers, lfs.Server{
		URL: lfs.Endpoint(remote.URL), Username: remote.Username, Password: remote.Password, Attribute: TokenAttribute, Transport: transport,
	}, p.Observe)
}
