package giteatest

import (
	"net/http"
	"slices"
	"strings"
)

const maxUpload = 2 << 30

// allowedTypes are the endings of attachments that Gitea takes by itself.
func allowedTypes() string {
	return ".avif,.cpuprofile,.csv,.dmp,.docx,.fodg,.fodp,.fods,.fodt,.gif,.gz,.jpeg,.jpg,.json,.jsonc,.log,.md,.mov,.mp4,.odf,.odg,.odp,.ods,.odt,.patch,.pdf,.png,.pptx,.svg,.tgz,.txt,.webm,.webp,.xls,.xlsx,.zip"
}

// assets is the list of files that the path names.
func (c *call) assets() (at *[]*Attachment, of *Entry, i *Issue, err error) {
	if c.params["index"] == "" {
		if of, err = c.comment(); err != nil {
			return nil, nil, nil, err
		}
		return &of.Assets, of, of.Issue, nil
	}
	if i, err = c.issue(); err != nil {
		return nil, nil, nil, err
	}
	return &i.Assets, nil, i, nil
}

func (c *call) listAssets() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return ok(c.assetViews(*at))
}

func (c *call) createAsset() (reply, error) {
	at, of, i, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	author := i.Author
	if of != nil {
		author = of.User
	}
	if author != c.doer && !c.writes(i) {
		return reply{}, refuse(http.StatusForbidden, "user should have permission to write issue")
	}
	name, data, err := c.file()
	if err != nil {
		return reply{}, err
	}
	if !allowed(name) {
		return reply{}, refuse(http.StatusUnprocessableEntity, "This file cannot be uploaded or modified due to a forbidden file extension or type.")
	}
	a := c.store(name, data)
	*at = append(*at, a)
	if of != nil {
		of.Updated = c.clock()
	} else {
		i.Version++
		c.touch(i)
	}
	return created(c.assetView(a))
}

// allowed says whether a file may be attached to an issue, by its ending.
func allowed(name string) bool {
	at := strings.LastIndexByte(name, '.')
	return at >= 0 && slices.Contains(strings.Split(allowedTypes(), ","), strings.ToLower(name[at:]))
}

// store keeps a file.
func (c *call) store(name string, data []byte) *Attachment {
	id := c.next("attachment")
	h := digest("attachment", itoa(id))
	a := &Attachment{ID: id, UUID: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32], Name: name, Data: data,
		Created: c.clock(), Uploader: c.doer, repo: c.repo}
	c.attachments[a.UUID] = a
	return a
}

func (c *call) asset(all []*Attachment) (*Attachment, error) {
	for _, a := range all {
		if a.ID == c.number("asset") {
			return a, nil
		}
	}
	return nil, &failure{status: http.StatusNotFound, message: "not found", null: true}
}

func (c *call) getAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	a, err := c.asset(*at)
	if err != nil {
		return reply{}, err
	}
	return ok(c.assetView(a))
}

func (c *call) editAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return c.renameAsset(*at)
}

func (c *call) renameAsset(all []*Attachment) (reply, error) {
	a, err := c.asset(all)
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Name string `json:"name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Name != "" {
		a.Name = o.Name
	}
	plain := *a
	plain.release = nil // the address is that of an attachment, this once
	return created(c.assetView(&plain))
}

func (c *call) deleteAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return c.dropAsset(at)
}

func (c *call) dropAsset(at *[]*Attachment) (reply, error) {
	a, err := c.asset(*at)
	if err != nil {
		return reply{}, err
	}
	*at = slices.DeleteFunc(*at, func(o *Attachment) bool { return o == a })
	delete(c.attachments, a.UUID)
	return none()
}
