package forgetarget

import (
	"context"
	"crypto/x509"
	"os"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// PushLFS uploads the Git LFS objects that a history names to where the remote has
// its own. Attribute names the setting that holds the remote's password.
func PushLFS(ctx context.Context, from *gitrepo.Repo, remote gitrepo.Remote, attribute string, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
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
	roots, err := readRoots(remote.CAFile)
	if err != nil {
		return schema.Count{}, nil, err
	}
	transport := lfs.NewTransport(roots)
	defer transport.CloseIdleConnections()
	return lfs.Upload(ctx, store, pointers, lfs.Server{
		URL: lfs.Endpoint(remote.URL), Username: remote.Username, Password: remote.Password, Attribute: attribute, Transport: transport,
	}, observe)
}

// readRoots are the certificates to trust instead of the system's, or nil.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(data)
	return roots, nil
}
