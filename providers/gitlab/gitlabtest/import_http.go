package gitlabtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
)

// origin is a source that an importer reads.
type origin struct {
	base     string // of its API
	header   http.Header
	username string // for git
	password string
}

// sourceError is an answer of a source that refuses.
type sourceError struct {
	status int
	body   string
}

func (e *sourceError) Error() string {
	return fmt.Sprintf("%s (HTTP %d)", strings.TrimSpace(e.body), e.status)
}

// statusOf is the status of a refusal; 0: it is none.
func statusOf(err error) int {
	if e, ok := err.(*sourceError); ok {
		return e.status
	}
	return 0
}

// get reads one answer of the source.
func (o origin) get(ctx context.Context, path string, to any) (http.Header, error) {
	address := path
	if !strings.Contains(path, "://") {
		address = o.base + path
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header = o.header.Clone()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return response.Header, &sourceError{response.StatusCode, string(body)}
	}
	return response.Header, json.Unmarshal(body, to)
}

// each reads a list of the source to its end, as its Link headers lead.
func each[T any](ctx context.Context, o origin, path string, do func(T) error) error {
	for path != "" {
		var some []T
		h, err := o.get(ctx, path, &some)
		if err != nil {
			return err
		}
		for _, one := range some {
			if err := do(one); err != nil {
				return err
			}
		}
		path = nextOf(h)
	}
	return nil
}

// nextOf is the address of the page that follows.
func nextOf(h http.Header) string {
	for _, link := range strings.Split(h.Get("Link"), ",") {
		if at, rest, ok := strings.Cut(link, ";"); ok && strings.Contains(rest, `rel="next"`) {
			return strings.Trim(strings.TrimSpace(at), "<>")
		}
	}
	return ""
}

// mirror copies what git has at an address into the repository at dir: by patterns
// as git fetch takes them. Large objects come along.
func (o origin) mirror(ctx context.Context, address, dir string, large bool, refspecs ...string) (objects int, err error) {
	scratch, err := os.MkdirTemp("", "gitlabtest-import-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	remote := gitrepo.Remote{URL: address, Username: o.username, Password: o.password}
	copied := filepath.Join(scratch, "copy.git")
	if err := gitrepo.Mirror(ctx, remote, copied, func(gitrepo.Progress) {}); err != nil {
		return 0, err
	}
	if large {
		if objects, err = o.large(ctx, remote, copied, dir); err != nil {
			return 0, err
		}
	}
	_, err = git(dir, append([]string{"fetch", "--quiet", "--no-tags", "--prune", copied}, refspecs...)...)
	if err == nil {
		head, herr := git(copied, "symbolic-ref", "HEAD")
		if herr == nil {
			_, err = git(dir, "symbolic-ref", "HEAD", strings.TrimSpace(head))
		}
	}
	return objects, err
}

// large fetches the large objects that a copy names, and puts them where a
// repository of the server has its own.
func (o origin) large(ctx context.Context, remote gitrepo.Remote, copied, dir string) (int, error) {
	repo, err := gitrepo.Open(copied)
	if err != nil {
		return 0, err
	}
	var pointers []gitrepo.Pointer
	for p, err := range repo.LFSPointers(ctx) {
		if err != nil {
			return 0, err
		}
		pointers = append(pointers, p)
	}
	if len(pointers) == 0 {
		return 0, nil
	}
	store, err := lfs.OpenStore(copied)
	if err != nil {
		return 0, err
	}
	transport := lfs.NewTransport(nil)
	defer transport.CloseIdleConnections()
	server := lfs.Server{URL: lfs.Endpoint(remote.URL), Username: remote.Username, Password: remote.Password, Transport: transport}
	if _, _, err := lfs.Fetch(ctx, store, pointers, func() lfs.Origin { return server }, nil); err != nil {
		return 0, err
	}
	from := filepath.Join(copied, "lfs", "objects")
	return len(pointers), filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rest, err := filepath.Rel(copied, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rest)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
}
