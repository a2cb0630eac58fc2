package gitea

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// asset is a file of a release.
type asset struct {
	release int64
	file    api.Attachment
}

// writeAsset writes a file of a release. Its id names the release too, for the
// server asks for both.
func (t *target) writeAsset(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Attachment](w)
	if err != nil {
		return providers.Written{}, err
	}
	switch {
	case w.Record.Parent == nil || w.Record.Parent.Kind != schema.KindRelease:
		return skipped("A file that belongs to nothing has no place."), nil
	case body.Link != "":
		return skipped("An asset that is a link to elsewhere has no place; the release's text may name it."), nil
	case w.Content == "":
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "its content was not given", Hint: "apply again, so that it is fetched again"}
	}
	parent, ok := forgetarget.Related(w, *w.Record.Parent)
	if !ok {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "the release that it belongs to is not at the target", Hint: "see why the release was not carried over"}
	}
	release, err := strconv.ParseInt(parent.ID, 10, 64)
	if err != nil {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "the release that it belongs to has no such id at the target"}
	}
	info, err := os.Stat(w.Content)
	if err != nil {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "its content cannot be read", Hint: "apply again, so that it is fetched again", Err: err}
	}
	repo, wanted := known.repo(), api.Attachment{Name: forgetarget.FileName(body.Name), Size: info.Size()}
	upload := func() (asset, error) {
		a, err := t.api.UploadReleaseAsset(ctx, repo, release, wanted.Name, body.MediaType, w.Content)
		return asset{release, a}, err
	}
	var standing *asset
	if w.Ref.ID == "" {
		if standing, err = t.assetCalled(ctx, repo, release, wanted.Name); err != nil {
			return providers.Written{}, err
		}
	}
	return forgetarget.Store(w, standing, forgetarget.Object[asset]{
		Wanted:  assetVersion(asset{file: wanted}),
		Version: assetVersion,
		Ref:     t.assetRef,
		Read:    func(id string) (asset, error) { return t.asset(ctx, repo, id) },
		Create:  upload,
		Edit: func(_ string, now asset) (asset, error) {
			if now.file.Size == wanted.Size && now.release == release {
				a, err := t.api.RenameReleaseAsset(ctx, repo, release, now.file.ID, wanted.Name)
				return asset{release, a}, err
			}
			made, err := upload()
			if err == nil {
				err = t.api.DeleteReleaseAsset(ctx, repo, now.release, now.file.ID)
			}
			return made, err
		},
	})
}

// assetRef leaves out the address that the server tells: it is another one after
// the upload than in lists, and it changes with the tag.
func (t *target) assetRef(a asset) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(a.release, 10) + "/" + strconv.FormatInt(a.file.ID, 10), URL: t.api.Base() + "/attachments/" + a.file.UUID}
}

func assetVersion(a asset) string { return digest(a.file.Name, a.file.Size) }

// asset reads a file of a release by its id.
func (t *target) asset(ctx context.Context, repo api.Repo, id string) (asset, error) {
	gone := &providers.Error{Code: providers.CodeNotFound, Message: "the server has no such file"}
	of, which, ok := strings.Cut(id, "/")
	release, err := strconv.ParseInt(of, 10, 64)
	number, err2 := strconv.ParseInt(which, 10, 64)
	if !ok || errors.Join(err, err2) != nil {
		return asset{}, gone
	}
	all, err := t.api.ReleaseAssets(ctx, repo, release)
	if err != nil {
		return asset{}, err
	}
	for _, a := range all {
		if a.ID == number {
			return asset{release, a}, nil
		}
	}
	return asset{}, gone
}

// assetCalled finds a file of a release by its name, or nil.
func (t *target) assetCalled(ctx context.Context, repo api.Repo, release int64, name string) (*asset, error) {
	all, err := t.api.ReleaseAssets(ctx, repo, release)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.Name == name {
			return &asset{release, a}, nil
		}
	}
	return nil, nil
}
