package gitlab

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxReleaseName = 255
	maxReleaseText = 1_000_000
)

// writeRelease writes a release. It has no id but its tag.
func (t *target) writeRelease(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Release](w)
	switch {
	case err != nil:
		return providers.Written{}, err
	case body.Tag == "":
		return skipped("A release without a tag cannot be kept."), nil
	case body.Draft:
		return skipped("The server has no drafts of releases."), nil
	}
	key := known.key()
	tagged, err := known.catalog.tags.Find(body.Tag, func(t api.Tag) string { return t.Name }, func() iter.Seq2[api.Tag, error] { return t.api.Tags(ctx, key) })
	if err != nil {
		return providers.Written{}, err
	}
	if tagged == nil {
		return skipped("The tag of the release is not there, and the server has no release without one."), nil
	}
	standing, err := known.catalog.releases.Find(body.Tag, func(r api.Release) string { return r.Tag }, func() iter.Seq2[api.Release, error] { return t.api.Releases(ctx, key) })
	if err != nil {
		return providers.Written{}, err
	}
	wanted := releaseOf(w.Record.Key(), body)
	change := api.EditRelease{Tag: wanted.Tag, Name: wanted.Name, Description: wanted.Description}
	if !wanted.ReleasedAt.IsZero() {
		change.ReleasedAt = &wanted.ReleasedAt
	}
	note := func(r api.Release, err error) (api.Release, error) {
		if err == nil {
			known.catalog.releases.Put(r.Tag, r)
		}
		return r, err
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.Release]{
		Wanted:  releaseVersion(wanted),
		Version: releaseVersion,
		Ref:     func(r api.Release) schema.Ref { return t.releaseRef(known, r) },
		Read:    func(id string) (api.Release, error) { return t.api.Release(ctx, key, id) },
		Create: func() (api.Release, error) {
			return note(despite(ctx, t, known, body.Tag, func() (api.Release, error) { return t.api.CreateRelease(ctx, key, change) }))
		},
		Edit: func(_ string, now api.Release) (api.Release, error) {
			return note(despite(ctx, t, known, now.Tag, func() (api.Release, error) { return t.api.EditRelease(ctx, key, now.Tag, change) }))
		},
	})
	if err == nil && written.Degraded == "" && len(body.Text) > maxReleaseText/2 && len(wanted.Description) == maxReleaseText {
		written.Degraded = "The text is cut at the server's limit of a million bytes."
	}
	return written, err
}

// releaseOf is what is to stand at the server. It shows the token's owner as the
// author, so the text tells who it was.
func releaseOf(key schema.Key, body schema.Release) api.Release {
	line := attribution.Author{Person: body.Author, URL: body.URL, Verb: "published this release"}
	if body.Prerelease {
		line.Extra = append(line.Extra, "prerelease")
	}
	at := body.PublishedAt
	if at.IsZero() {
		at = body.CreatedAt
	}
	name := body.Name
	if name == "" {
		name = body.Tag
	}
	text := attribution.Compose(attribution.Line(line), forgetarget.Clip(body.Text, maxReleaseText-4096), attribution.Marker(key))
	return api.Release{Tag: body.Tag, Name: forgetarget.Clip(name, maxReleaseName), Description: text, ReleasedAt: at.UTC().Truncate(time.Second)}
}

func (t *target) releaseRef(known *project, r api.Release) schema.Ref {
	return schema.Ref{ID: r.Tag, URL: t.api.Base() + "/" + known.fullPath() + "/-/releases/" + url.PathEscape(r.Tag)}
}

// releaseVersion leaves the moment out when there is none to be kept: the server
// puts its own.
func releaseVersion(r api.Release) string {
	return digest(r.Tag, r.Name, strings.TrimSpace(r.Description))
}
