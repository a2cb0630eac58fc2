package mercurial

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hg/wire"
)

// farRepository is a repository whose history is here and whose large files
// are on a server.
type farRepository struct {
	*spool.Spool
	ctx  context.Context // of the call that pulled
	mu   sync.Mutex      // a peer answers one question at a time
	peer *wire.Peer
	lfs  *lfsServer // nil: the address has none
}

// LargeFile asks the server. It waits until the file that was opened before is
// closed.
func (r *farRepository) LargeFile(sha1 string) (io.ReadCloser, error) {
	r.mu.Lock()
	body, err := r.peer.LargeFile(r.ctx, sha1)
	if err != nil {
		r.mu.Unlock()
		if providers.CodeOf(err) == providers.CodeNotFound {
			return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
		}
		return nil, err
	}
	return &unlocking{ReadCloser: body, unlock: sync.OnceFunc(r.mu.Unlock)}, nil
}

// LFSObject asks the server of the lfs extension.
func (r *farRepository) LFSObject(sha256 string) (io.ReadCloser, error) {
	if r.lfs == nil {
		return nil, fs.ErrNotExist
	}
	return r.lfs.open(r.ctx, sha256)
}

// unlocking lets the next one in when it is closed.
type unlocking struct {
	io.ReadCloser
	unlock func()
}

func (u *unlocking) Close() error {
	defer u.unlock()
	return u.ReadCloser.Close()
}

// lfsServer is where hg serve offers the objects of the lfs extension.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
type lfsServer struct {
	endpoint *url.URL
	client   *http.Client
	username string
	password string
}

// lfs returns the server of the objects for the repository at a.
func (s *source) lfs(a address) *lfsServer {
	if !a.web() {
		return nil
	}
	endpoint := *a.url
	endpoint.User = nil
	endpoint.Path = strings.TrimRight(endpoint.Path, "/") + "/.git/info/lfs"
	l := &lfsServer{endpoint: &endpoint, username: s.username, password: s.password}
	if user := a.url.User.Username(); user != "" {
		l.username = user
	}
	l.client = &http.Client{Transport: s.transport, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		return l.stay(next.URL)
	}}
	return l
}

// stay refuses to leave the host: the credentials are for it.
func (l *lfsServer) stay(u *url.URL) error {
	if u.Scheme != l.endpoint.Scheme || !strings.EqualFold(u.Host, l.endpoint.Host) {
		return &providers.Error{Code: providers.CodeUnsupported, Op: "read large file", Message: "the server keeps large files on another host, to which credentials are not sent",
			Hint: "pull the large files with hg lfs into a local clone and use its path as vcs_url"}
	}
	return nil
}

// maxBatch bounds the answer about one object.
const maxBatch = 1 << 20

func (l *lfsServer) open(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	body, err := json.Marshal(map[string]any{
		"operation": "download", "transfers": []string{"basic"},
		"objects": []map[string]any{{"oid": sha256, "size": 0}},
	})
	if err != nil {
		return nil, err
	}
	answer, err := l.do(ctx, http.MethodPost, l.endpoint.JoinPath("objects", "batch"), nil, body)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var batch struct {
		Objects []struct {
			Actions struct {
				Download struct {
					Href   string            `json:"href"`
					Header map[string]string `json:"header"`
				} `json:"download"`
			} `json:"actions"`
		} `json:"objects"`
	}
	if err := json.NewDecoder(io.LimitReader(answer, maxBatch)).Decode(&batch); err != nil {
		return nil, providers.Errorf(providers.CodeInvalid, "the server's answer about a large file is not JSON: %w", err)
	}
	if len(batch.Objects) == 0 || batch.Objects[0].Actions.Download.Href == "" {
		return nil, fs.ErrNotExist
	}
	download := batch.Objects[0].Actions.Download
	from, err := l.endpoint.Parse(download.Href)
	if err == nil {
		err = l.stay(from)
	}
	if err != nil {
		return nil, err
	}
	return l.do(ctx, http.MethodGet, from, download.Header, nil)
}

// do asks the server. What it does not have is fs.ErrNotExist.
func (l *lfsServer) do(ctx context.Context, method string, to *url.URL, header map[string]string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Header.Set("Accept", "application/vnd.git-lfs+json")
	if body != nil {
		request.Header.Set("Content-Type", "application/vnd.git-lfs+json")
	}
	if l.password != "" {
		request.SetBasicAuth(l.username, l.password)
	}
	response, err := l.client.Do(request)
	if err != nil {
		return nil, providers.Errorf(providers.CodeUnavailable, "the server did not answer about a large file: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	response.Body.Close()
	switch response.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return nil, fs.ErrNotExist
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, &providers.Error{Code: providers.CodeAuth, Op: "read large file", Message: fmt.Sprintf("the server refuses large files (%s)", response.Status), Attribute: "password",
			Hint: "check username and password in the source block"}
	}
	return nil, providers.Errorf(providers.CodeUnavailable, "the server could not send a large file (%s)", response.Status)
}
