package giteatest

import (
	"net/http"
	"slices"
)

func releaseRoutes(below adding) {
	// An archived repository may still be released.
	write := need{user: true, unit: "repo.releases", access: Write}
	read := reader("repo.releases")
	below("GET", "releases", read, (*call).listReleases)
	below("POST", "releases", write, (*call).createRelease)
	below("GET", "releases/latest", read, (*call).latestRelease)
	below("GET", "releases/{id}", read, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		return ok(c.releaseView(c.repo, rel, c.doer))
	})
	below("PATCH", "releases/{id}", write, (*call).editRelease)
	below("DELETE", "releases/{id}", write, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		return c.deleteRelease(rel)
	})
	below("GET", "releases/tags/{tag}", read, func(c *call) (reply, error) {
		rel := c.repo.release(c.params["tag"])
		if rel == nil || rel.OnlyTag || rel.Draft && !c.seesDrafts() {
			return reply{}, missing("")
		}
		return ok(c.releaseView(c.repo, rel, c.doer))
	})
	below("DELETE", "releases/tags/{tag}", write, func(c *call) (reply, error) {
		rel := c.repo.release(c.params["tag"])
		if rel == nil || rel.OnlyTag {
			return reply{}, missing("")
		}
		return c.deleteRelease(rel)
	})
	below("GET", "releases/{id}/assets", read, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		return ok(c.assetViews(byName(rel.Assets)))
	})
	below("POST", "releases/{id}/assets", write, (*call).createReleaseAsset)
	below("GET", "releases/{id}/assets/{asset}", read, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		a, err := c.asset(rel.Assets)
		if err != nil {
			return reply{}, err
		}
		return ok(c.assetView(a))
	})
	below("PATCH", "releases/{id}/assets/{asset}", write, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		return c.renameAsset(rel.Assets)
	})
	below("DELETE", "releases/{id}/assets/{asset}", write, func(c *call) (reply, error) {
		rel, err := c.release()
		if err != nil {
			return reply{}, err
		}
		return c.dropAsset(&rel.Assets)
	})
}

// release is the release of a tag, or the tag itself.
func (r *Repository) release(tag string) *Release {
	for _, rel := range r.Releases {
		if rel.Tag == tag {
			return rel
		}
	}
	return nil
}

func (r *Repository) removeRelease(rel *Release) {
	r.Releases = slices.DeleteFunc(r.Releases, func(o *Release) bool { return o == rel })
}

func (m *Model) addRelease(r *Repository, rel *Release) *Release {
	rel.ID, rel.Created = m.next("release"), m.clock()
	r.Releases = append(r.Releases, rel)
	return rel
}

func (c *call) seesDrafts() bool { return c.access(c.doer, c.repo, "repo.releases") >= Write }

// release is the release that the path names.
func (c *call) release() (*Release, error) {
	for _, rel := range c.repo.Releases {
		if rel.ID == c.number("id") && !rel.OnlyTag && (!rel.Draft || c.seesDrafts()) {
			return rel, nil
		}
	}
	return nil, missing("")
}

// releases are the true releases that a request asks for, the newest first.
func (c *call) releases() []*Release {
	draft, pre := c.query.Get("draft"), c.query.Get("pre-release")
	var all []*Release
	for _, rel := range c.repo.Releases {
		switch {
		case rel.OnlyTag, rel.Draft && !c.seesDrafts():
		case draft != "" && (draft == "true") != rel.Draft, pre != "" && (pre == "true") != rel.Prerelease:
		default:
			all = append(all, rel)
		}
	}
	slices.SortFunc(all, func(a, b *Release) int {
		if order := b.Created.Compare(a.Created); order != 0 {
			return order
		}
		return int(b.ID - a.ID)
	})
	return all
}

func (c *call) listReleases() (reply, error) {
	return ok(list(page(c, c.releases(), true), func(rel *Release) object { return c.releaseView(c.repo, rel, c.doer) }))
}

func (c *call) latestRelease() (reply, error) {
	for _, rel := range c.releases() {
		if !rel.Draft && !rel.Prerelease {
			return ok(c.releaseView(c.repo, rel, c.doer))
		}
	}
	return reply{}, missing("")
}

type releaseOptions struct {
	Tag        string `json:"tag_name"`
	Target     string `json:"target_commitish"`
	Title      string `json:"name"`
	Body       string `json:"body"`
	Draft      *bool  `json:"draft"`
	Prerelease *bool  `json:"prerelease"`
	Message    string `json:"tag_message"`
}

func (c *call) createRelease() (reply, error) {
	var o releaseOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("TagName", o.Tag); err != nil {
		return reply{}, err
	}
	if len(branchesOf(c.repo.refs)) == 0 {
		return reply{}, refuse(http.StatusUnprocessableEntity, "repo is empty")
	}
	draft := o.Draft != nil && *o.Draft
	rel := c.repo.release(o.Tag)
	if rel != nil && !rel.OnlyTag {
		return reply{}, refuse(http.StatusConflict, "Release is has no Tag")
	}
	if rel == nil {
		if o.Target == "" {
			o.Target = c.repo.DefaultBranch
		}
		if !draft {
			if err := c.tagFor(o); err != nil {
				return reply{}, err
			}
			rel = c.repo.release(o.Tag) // looking at the new tag made it
		} else {
			rel = c.addRelease(c.repo, &Release{Tag: o.Tag})
		}
	}
	rel.Title, rel.Body, rel.Target, rel.Author, rel.OnlyTag, rel.Draft = o.Title, o.Body, o.Target, c.doer, false, draft
	rel.Prerelease = o.Prerelease != nil && *o.Prerelease
	c.newRelease(c.repo, rel, c.doer)
	return created(c.releaseView(c.repo, rel, c.doer))
}

// tagFor makes the tag of a release, unless it is there.
func (c *call) tagFor(o releaseOptions) error {
	if c.repo.refs["refs/tags/"+o.Tag] != "" {
		return nil
	}
	id := c.codeGit(c.repo).Resolve(o.Target)
	if id == "" {
		return refuse(http.StatusNotFound, "target %q not found: object does not exist [id: %s, rel_path: ]", o.Target, o.Target)
	}
	return c.makeTag(o.Tag, o.Message, id)
}

func (c *call) editRelease() (reply, error) {
	rel, err := c.release()
	if err != nil {
		return reply{}, err
	}
	var o releaseOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	// An empty text is no text for Gitea: it changes nothing.
	for at, text := range map[*string]string{&rel.Tag: o.Tag, &rel.Target: o.Target, &rel.Title: o.Title, &rel.Body: o.Body} {
		if text != "" {
			*at = text
		}
	}
	wasDraft := rel.Draft
	for at, on := range map[*bool]*bool{&rel.Draft: o.Draft, &rel.Prerelease: o.Prerelease} {
		if on != nil {
			*at = *on
		}
	}
	if !rel.Draft && c.repo.refs["refs/tags/"+rel.Tag] == "" {
		if rel.Target == "" {
			rel.Target = c.repo.DefaultBranch
		}
		if err := c.tagFor(releaseOptions{Tag: rel.Tag, Target: rel.Target}); err != nil {
			return reply{}, err
		}
	}
	if wasDraft && !rel.Draft {
		c.newRelease(c.repo, rel, c.doer)
	}
	return ok(c.releaseView(c.repo, rel, c.doer))
}

// deleteRelease takes a release away; its tag stays, as one that is only a tag.
func (c *call) deleteRelease(rel *Release) (reply, error) {
	for _, a := range rel.Assets {
		delete(c.attachments, a.UUID)
	}
	rel.Assets = nil
	if c.repo.refs["refs/tags/"+rel.Tag] == "" {
		c.repo.removeRelease(rel)
		return none()
	}
	rel.OnlyTag, rel.Draft, rel.Prerelease, rel.Title, rel.Body = true, false, false, rel.Tag, ""
	return none()
}

func (c *call) createReleaseAsset() (reply, error) {
	rel, err := c.release()
	if err != nil {
		return reply{}, err
	}
	name, data, err := c.file()
	if err != nil {
		return reply{}, err
	}
	if name == "" {
		return reply{}, refuse(http.StatusBadRequest, "Could not determine name of attachment.")
	}
	a := c.store(name, data)
	view := c.assetView(a) // its address is that of an attachment, this once
	a.release = rel
	rel.Assets = append(rel.Assets, a)
	return created(view)
}
