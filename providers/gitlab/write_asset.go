package gitlab

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// asset is a link of a release: to a file that was uploaded, or to elsewhere.
type asset struct {
	tag  string
	link api.ReleaseLink
}

// writeAsset writes an asset of a release: the file is uploaded to the project, and
// the release links to it under the file's name.
func (t *target) writeAsset(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Attachment](w)
	if err != nil {
		return providers.Written{}, err
	}
	if w.Record.Parent == nil || w.Record.Parent.Kind != schema.KindRelease {
		return skipped("A file that belongs to nothing has no place."), nil
	}
	parent, ok := forgetarget.Related(w, *w.Record.Parent)
	if !ok {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "the release that it belongs to is not at the target", Hint: "see why the release was not carried over"}
	}
	a := attaching{target: t, known: known, tag: parent.ID, name: forgetarget.FileName(body.Name), body: body, content: w.Content}
	if body.Link == "" {
		if a.content == "" {
			return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: "its content was not given", Hint: "apply again, so that it is fetched again"}
		}
	}
	if body.Link != "" && !isWeb(body.Link) {
		return skipped("An asset that is a link to what is no web address has no place."), nil
	}
	var standing *asset
	if w.Ref.ID == "" {
		if standing, err = t.assetCalled(ctx, known, a.tag, a.name); err != nil {
			return providers.Written{}, err
		}
	}
	return forgetarget.Store(w, standing, forgetarget.Object[asset]{
		Wanted:  a.version(standing),
		Version: assetVersion,
		Ref:     assetRef,
		Read:    func(id string) (asset, error) { return t.asset(ctx, known, id) },
		Create:  func() (asset, error) { return a.create(ctx) },
		Edit:    func(_ string, now asset) (asset, error) { return a.edit(ctx, now) },
	})
}

// attaching is an asset on its way.
type attaching struct {
	target  *target
	known   *project
	tag     string
	name    string
	body    schema.Attachment
	content string
}

// version is that of what is to stand at the server. A file that is uploaded gets an
// address that nobody can foresee, so that none is the one wanted; but one of the
// name that a killed run uploaded is.
func (a *attaching) version(standing *asset) string {
	switch {
	case a.body.Link != "":
		return digest(a.name, a.body.Link)
	case standing != nil && a.target.holds(a.known, standing.link.URL):
		return assetVersion(*standing)
	}
	return ""
}

func assetVersion(a asset) string { return digest(a.link.Name, a.link.URL) }

// holds reports whether an address is that of a file that was uploaded to a project.
func (t *target) holds(known *project, address string) bool {
	return strings.HasPrefix(address, t.api.Base()+"/-/project/"+strconv.FormatInt(known.id, 10)+"/uploads/") ||
		strings.HasPrefix(address, t.api.Base()+"/"+known.fullPath()+"/uploads/")
}

func (a *attaching) address(ctx context.Context) (string, error) {
	if a.body.Link != "" {
		return a.body.Link, nil
	}
	up, err := a.target.api.UploadFile(ctx, a.known.key(), a.name, a.body.MediaType, a.content)
	if err != nil {
		return "", err
	}
	return a.target.api.Base() + up.FullPath, nil
}

func (a *attaching) create(ctx context.Context) (asset, error) {
	address, err := a.address(ctx)
	if err != nil {
		return asset{}, err
	}
	l, err := despite(ctx, a.target, a.known, a.tag, func() (api.ReleaseLink, error) {
		return a.target.api.CreateReleaseLink(ctx, a.known.key(), a.tag, api.EditReleaseLink{Name: a.name, URL: address})
	})
	return asset{a.tag, l}, err
}

func (a *attaching) edit(ctx context.Context, now asset) (asset, error) {
	address, err := a.address(ctx)
	if err != nil {
		return asset{}, err
	}
	l, err := despite(ctx, a.target, a.known, now.tag, func() (api.ReleaseLink, error) {
		return a.target.api.EditReleaseLink(ctx, a.known.key(), now.tag, now.link.ID, api.EditReleaseLink{Name: a.name, URL: address})
	})
	return asset{now.tag, l}, err
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// assetRef names the release too, for the server asks for both. A tag may hold
// anything but a colon.
func assetRef(a asset) schema.Ref {
	return schema.Ref{ID: a.tag + ":" + strconv.FormatInt(a.link.ID, 10), URL: a.link.DirectURL}
}

// cutAsset reads what assetRef wrote.
func cutAsset(id string) (tag string, link int64, ok bool) {
	tag, which, ok := strings.Cut(id, ":")
	link, err := strconv.ParseInt(which, 10, 64)
	return tag, link, ok && err == nil && tag != ""
}

// asset reads an asset by its id.
func (t *target) asset(ctx context.Context, known *project, id string) (asset, error) {
	gone := &providers.Error{Code: providers.CodeNotFound, Message: "the server has no such asset"}
	tag, number, ok := cutAsset(id)
	if !ok {
		return asset{}, gone
	}
	for l, err := range t.api.ReleaseLinks(ctx, known.key(), tag) {
		if err != nil {
			return asset{}, err
		}
		if l.ID == number {
			return asset{tag, l}, nil
		}
	}
	return asset{}, gone
}

// assetCalled finds an asset of a release by its name, or nil.
func (t *target) assetCalled(ctx context.Context, known *project, tag, name string) (*asset, error) {
	for l, err := range t.api.ReleaseLinks(ctx, known.key(), tag) {
		if err != nil {
			return nil, err
		}
		if l.Name == name {
			return &asset{tag, l}, nil
		}
	}
	return nil, nil
}
