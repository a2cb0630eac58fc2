package reading

import (
	"context"
	"io"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// maxBlob bounds one file.
const maxBlob = 5 << 30

// OpenBlob opens a file that was uploaded to the project, or is in one of its
// packages.
func (s *source) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	f, ok := body.ParseBlob(blob.ID)
	if !ok || repo.Identity != "" && repo.Identity != body.ID(f.Project) {
		return nil, providers.Errorf(providers.CodeInvalid, "%q is not the id of a file of this project", schema.Printable(blob.ID))
	}
	if f.Upload == "" {
		name, version, _ := strings.Cut(f.Package, "/")
		return s.api.OpenPackageFile(ctx, api.Number(f.Project), name, version, f.Name, maxBlob)
	}
	content, err := s.api.OpenUpload(ctx, api.Number(f.Project), f.Upload, f.Name, maxBlob)
	if api.IsNotFound(err) && !s.server.Version.AtLeast(17, 4) {
		err = &providers.Error{Code: providers.CodeUnsupported, Op: "download file", Subject: f.Name,
			Message: "servers before GitLab 17.4 give uploaded files to browsers only", Hint: "upgrade the source, or download the file in a browser and attach it again at the target"}
	}
	return content, err
}
