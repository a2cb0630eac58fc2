package reading

import (
	"context"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

func (r *reading) releaseSections() []stream.Section {
	return []stream.Section{{Name: "releases", Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}, Read: r.releases}}
}

// releases yields releases, each followed by its assets and by the files that its
// text links to. A release is known by its tag, as at the server.
func (r *reading) releases(ctx context.Context) error {
	milestones := int64(0)
	for one, err := range r.source.api.Releases(ctx, r.place.id) {
		if forgesource.IsHidden(err) { // they are switched off
			return nil
		}
		if err != nil {
			return err
		}
		milestones += int64(len(one.Milestones))
		key := schema.Key{Kind: schema.KindRelease, ID: one.Tag}
		if err := r.put(key.Kind, key.ID, nil, body.Release(one), nil); err != nil {
			return err
		}
		for _, l := range one.Assets.Links {
			if err := r.asset(key, l); err != nil {
				return err
			}
		}
		if err := r.linked(key, key.ID, one.Description); err != nil {
			return err
		}
	}
	if milestones > 0 {
		return r.Loss("gitlab.release_milestones", "the milestones that releases belong to are left out of them", milestones)
	}
	return nil
}

// asset yields an asset of a release. At the server it is a link; one that leads to
// a file of the project is carried with the file.
func (r *reading) asset(release schema.Key, l api.ReleaseLink) error {
	of := schema.Attachment{Name: l.Name, Role: "asset", URL: l.DirectURL}
	var blob *schema.Blob
	if f, ok := r.source.links(r.place).Asset(l.URL); ok {
		blob = &schema.Blob{ID: f.Blob(), Size: -1}
	} else {
		of.Link = l.URL
	}
	return r.put(schema.KindAttachment, release.ID+"/link_"+body.ID(l.ID), &release, of, blob)
}

// linked yields the files that a text under a parent links to. Their ids begin with
// prefix.
func (r *reading) linked(parent schema.Key, prefix, text string) error {
	for _, l := range r.source.links(r.place).Links(text) {
		of, blob := l.Attachment()
		if err := r.put(schema.KindAttachment, prefix+"/upload_"+l.ID(), &parent, of, blob); err != nil {
			return err
		}
	}
	return nil
}
