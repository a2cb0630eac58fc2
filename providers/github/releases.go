package github

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// assetPrefix tells the blobs of assets from those of files in texts, whose ids
// are addresses.
const assetPrefix = "asset:"

// releases yields each release, then its assets, then the files that its text
// links to.
func (r *reading) releases(ctx context.Context) error {
	list := r.place.client.Releases(ctx, r.place.owner, r.place.name)
	skipped := int64(0)
	err := inPages(list, r.place.client.PageSize(), func(some []api.Release) error {
		var reacted []string
		for _, release := range some {
			if release.Reactions.Total > 0 {
				reacted = append(reacted, release.NodeID)
			}
		}
		who, err := r.place.client.Reactions(ctx, reacted, r.subject())
		if err != nil {
			return err
		}
		for _, release := range some {
			n, err := r.release(release, who[release.NodeID])
			if err != nil {
				return err
			}
			skipped += n
		}
		return nil
	})
	if err != nil || skipped == 0 {
		return err
	}
	return r.Loss("github.attachments", "files that the texts of releases link to stay on GitHub, because attachments_import is not set", skipped)
}

func (r *reading) release(from api.Release, who []api.Reaction) (skipped int64, err error) {
	id := number(from.ID)
	body := schema.Release{
		Tag: from.Tag, Name: from.Name, Text: from.Body, Draft: from.Draft, Prerelease: from.Prerelease, Author: person(from.Author),
		Reactions: reactions(who), URL: from.URL, CreatedAt: from.CreatedAt.UTC(), PublishedAt: moment(from.PublishedAt),
	}
	if from.Draft { // the tag of any other exists
		body.Target = from.Target
	}
	if err := r.put(schema.KindRelease, id, nil, body, nil); err != nil {
		return 0, err
	}
	if !r.Wants(schema.KindAttachment) {
		return 0, nil
	}
	parent := schema.Key{Kind: schema.KindRelease, ID: id}
	for _, asset := range from.Assets {
		if err := r.asset(parent, asset); err != nil {
			return 0, err
		}
	}
	return r.linked(parent, from)
}

// asset leaves out how often a file was downloaded, which no target can be told
// and which would make it another one every day.
func (r *reading) asset(parent schema.Key, from api.Asset) error {
	id := number(from.ID)
	if from.State != "uploaded" {
		return r.Fail(schema.Key{Kind: schema.KindAttachment, ID: id}, from.Name, from.URL, &providers.Error{Code: providers.CodeNotFound,
			Op: "read asset", Subject: schema.Printable(from.Name), Message: "its upload to GitHub was never finished",
			Hint: "upload the file again, or delete the asset there"})
	}
	body := schema.Attachment{Name: from.Name, Role: "asset", MediaType: from.MediaType, URL: from.URL, Author: person(from.Uploader), CreatedAt: from.CreatedAt.UTC()}
	blob := &schema.Blob{ID: assetPrefix + id, Size: from.Size}
	if digest, ok := strings.CutPrefix(from.Digest, "sha256:"); ok && schema.IsSHA256(digest) {
		blob.SHA256 = digest
	}
	return r.put(schema.KindAttachment, id, &parent, body, blob)
}
