package github

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/github/attachments"
	"github.com/drover-migrate/drover/schema"
)

// maxBlob bounds one file. GitHub's own bound for an asset is 2 GiB.
const maxBlob = 4 << 30

// OpenBlob opens an asset of a release or a file that a text links to.
func (s *source) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	p, err := s.lately(ctx, repo)
	if err != nil {
		return nil, err
	}
	if id, ok := strings.CutPrefix(blob.ID, assetPrefix); ok {
		return s.openAsset(ctx, p, id)
	}
	return s.openLinked(ctx, p, blob.ID)
}

// openAsset follows GitHub to where the asset is stored, which gets no token.
func (s *source) openAsset(ctx context.Context, p place, id string) (io.ReadCloser, error) {
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return nil, providers.Errorf(providers.CodeInvalid, "there is no asset %q", schema.Printable(id))
	}
	body, _, err := s.client.HTTP().Open(ctx, s.client.Path(api.RepoPath(p.owner, p.name, "/releases/assets/"+id)), forgehttp.OpenOptions{
		MaxBytes: maxBlob, Header: http.Header{"Accept": {"application/octet-stream"}}, Op: "download asset", Subject: id,
	})
	return body, err
}

// openLinked opens nothing but what a text of the repository could be linking
// to: the token goes along.
func (s *source) openLinked(ctx context.Context, p place, address string) (io.ReadCloser, error) {
	found, ok := p.files(s.host.Web).Parse(address)
	if !ok {
		return nil, providers.Errorf(providers.CodeInvalid, "%s is not the address of a file that was attached on this GitHub", schema.Printable(address))
	}
	body, _, err := s.client.HTTP().Open(ctx, found.Download, forgehttp.OpenOptions{
		TrustedHosts: []string{s.host.Name(), "media." + s.host.Name()}, MaxBytes: maxBlob, Op: "download file", Subject: found.Name,
	})
	if e := providers.AsError(err); e != nil && forgesource.IsHidden(err) {
		refused := *e
		refused.Hint = s.linkedHint()
		return nil, &refused
	}
	return body, err
}

// linkedHint says why a file that people see in their browser cannot be had.
func (s *source) linkedHint() string {
	if strings.HasPrefix(s.tokens[0], "github_pat_") {
		return "GitHub gives the files of private repositories to classic tokens only; use one"
	}
	return "the file may have been deleted; images that were attached to private repositories before May 2023 cannot be had with any token, and the link stays as it is"
}

// files knows the files that texts of the repository link to.
func (p place) files(web string) attachments.Host {
	return attachments.Host{Web: web, Repositories: append([]string{p.fullName()}, p.former...)}
}

// linked yields the files that a release's text links to, or only counts them.
func (r *reading) linked(parent schema.Key, from api.Release) (skipped int64, err error) {
	for found := range r.place.files(r.source.host.Web).Scan(from.Body) {
		if !r.place.attachments {
			skipped++
			continue
		}
		body := schema.Attachment{Name: found.Name, URL: found.URL}
		if err := r.put(schema.KindAttachment, parent.ID+"/"+found.ID(), &parent, body, &schema.Blob{ID: found.Download, Size: -1}); err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}
