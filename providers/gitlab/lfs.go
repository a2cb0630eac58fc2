package gitlab

import (
	"context"
	"crypto/x509"
	"os"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// pushLFS uploads the Git LFS objects that the history names.
func (t *target) pushLFS(ctx context.Context, known *project, from *gitrepo.Repo, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
	var pointers []gitrepo.Pointer
	for p, err := range from.LFSPointers(ctx) {
		if err != nil {
			return schema.Count{}, nil, err
		}
		pointers = append(pointers, p)
	}
	if len(pointers) == 0 {
		return schema.Count{}, nil, nil
	}
	store, err := lfs.OpenStore(from.Dir())
	if err != nil {
		return schema.Count{}, nil, err
	}
	roots, err := t.roots()
	if err != nil {
		return schema.Count{}, nil, err
	}
	transport := lfs.NewTransport(roots)
	defer transport.CloseIdleConnections()
	return lfs.Upload(ctx, store, pointers, lfs.Server{
		URL: lfs.Endpoint(t.remote(known, providers.PartCode).URL), Username: gitUser, Password: t.token,
		Attribute: "access_token", Transport: transport,
	}, observe)
}

// roots are the certificates to trust instead of the system's, or nil.
func (t *target) roots() (*x509.CertPool, error) {
	if t.caFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(t.caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(data)
	return roots, nil
}
