package reading

import (
	"context"
	"net/url"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

func (r *reading) releaseSections() []stream.Section {
	return []stream.Section{{Name: "releases", Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}, Read: r.releases}}
}

// releases yields releases, each followed by its assets and by the other files
// that its text links to.
func (r *reading) releases(ctx context.Context) error {
	var skipped int64
	for one, err := range r.place.api.Releases(ctx, r.place.name) {
		if forgesource.IsHidden(err) { // they are switched off
			break
		}
		if err != nil {
			return err
		}
		key := schema.Key{Kind: schema.KindRelease, ID: body.ID(one.ID)}
		if err := r.put(key.Kind, key.ID, nil, body.Release(one), nil); err != nil {
			return err
		}
		for _, a := range one.Assets {
			if err := r.asset(key, a); err != nil {
				return err
			}
		}
		n, err := r.linked(key, one)
		if err != nil {
			return err
		}
		skipped += n
	}
	if skipped > 0 && r.Wants(schema.KindAttachment) {
		return r.Loss("gitea.attachments", "files that the texts of releases link to are left out, because attachments_import is off; the texts go on linking to the source", skipped)
	}
	return nil
}

func (r *reading) asset(release schema.Key, a api.Attachment) error {
	of, blob := body.Attachment(a, a.URL)
	of.Role = "asset" // how often it was downloaded is left out: this reading counts too
	if blob != nil && !body.IsUUID(blob.ID) {
		return nil // not a file of this server, and no link either
	}
	return r.put(schema.KindAttachment, release.ID+"/"+body.ID(a.ID), &release, of, blob)
}

// linked yields the files that a release's text links to, or only counts them. The
// release's own assets are carried anyhow.
func (r *reading) linked(release schema.Key, from api.Release) (skipped int64, err error) {
	assets := map[string]bool{}
	for _, a := range from.Assets {
		assets[a.URL] = true
	}
	bases := r.source.bases(r.place)
	if own, ok := cutSuffixFold(from.HTMLURL, "/"+r.place.fullName()+"/releases/tag/"+url.PathEscape(from.Tag)); ok {
		bases = append(bases, own) // the address that the server is set up with
	}
	for _, l := range body.Links(from.Body, bases...) {
		switch {
		case assets[l.URL]:
			continue
		case !r.place.attachments:
			skipped++
			continue
		}
		of := schema.Attachment{Name: l.Name, URL: l.URL}
		if of.Name == "" {
			of.Name = l.UUID
		}
		if err := r.put(schema.KindAttachment, release.ID+"/"+body.FileID(l.UUID, l.URL, ""), &release, of, &schema.Blob{ID: l.UUID, Size: -1}); err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}
