package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func releaseRoutes(add adding) {
	at := "projects/{id}/releases"
	add("GET "+at, reader("releases"), (*call).listReleases)
	add("POST "+at, writer("releases", Developer), (*call).createRelease)
	one := func(pattern string, n need, do func(*call, *Release) (reply, error)) {
		method, rest, _ := strings.Cut(pattern, " ")
		add(method+" "+at+"/{tag_name}"+rest, n, func(c *call) (reply, error) {
			r := c.project.release(c.r.PathValue("tag_name"))
			if r == nil {
				return reply{}, missing("")
			}
			return do(c, r)
		})
	}
	writes := writer("releases", Developer)
	one("GET", reader("releases"), func(c *call, r *Release) (reply, error) { return ok(c.releaseView(r)) })
	one("PUT", writes, (*call).editRelease)
	one("DELETE", writes, func(c *call, r *Release) (reply, error) {
		c.project.Releases = slices.DeleteFunc(c.project.Releases, func(o *Release) bool { return o == r })
		return ok(c.releaseView(r))
	})
	one("GET /assets/links", reader("releases"), func(c *call, r *Release) (reply, error) {
		return ok(list(page(c, r.Links), c.linkOf(r)))
	})
	one("POST /assets/links", writes, func(c *call, r *Release) (reply, error) {
		if err := c.needs("name", "url"); err != nil {
			return reply{}, err
		}
		l, err := c.addLink(r, c.in)
		if err != nil {
			return reply{}, err
		}
		return created(c.linkOf(r)(l))
	})
	link := func(do func(*call, *Release, *ReleaseLink) (reply, error)) func(*call, *Release) (reply, error) {
		return func(c *call, r *Release) (reply, error) {
			for _, l := range r.Links {
				if l.ID == c.number("link") {
					return do(c, r, l)
				}
			}
			return reply{}, missing("")
		}
	}
	one("GET /assets/links/{link}", reader("releases"), link(func(c *call, r *Release, l *ReleaseLink) (reply, error) { return ok(c.linkOf(r)(l)) }))
	one("PUT /assets/links/{link}", writes, link((*call).editLink))
	one("DELETE /assets/links/{link}", writes, link(func(c *call, r *Release, l *ReleaseLink) (reply, error) {
		r.Links = slices.DeleteFunc(r.Links, func(o *ReleaseLink) bool { return o == l })
		return ok(c.linkOf(r)(l))
	}))
}

func (c *call) releaseURL(r *Release) string {
	return c.projectURL(c.project) + "/-/releases/" + url.PathEscape(r.Tag)
}

func (c *call) linkOf(r *Release) func(*ReleaseLink) object {
	return func(l *ReleaseLink) object {
		direct := l.URL
		if l.Path != "" {
			direct = c.releaseURL(r) + "/downloads" + l.Path
		}
		return object{"id": l.ID, "name": l.Name, "url": l.URL, "direct_asset_url": direct, "link_type": l.Type}
	}
}

func (c *call) releaseView(r *Release) object {
	page := c.releaseURL(r)
	var sources []object
	for _, format := range []string{"zip", "tar.gz", "tar.bz2", "tar"} {
		sources = append(sources, object{"format": format, "url": fmt.Sprintf("%s/-/archive/%s/%s-%s.%s", c.projectURL(c.project), r.Tag, c.project.Path, r.Tag, format)})
	}
	v := object{
		"name": cmp.Or(r.Name, r.Tag), "tag_name": r.Tag, "description": r.Description, "created_at": stamp(r.Created), "released_at": stamp(r.Released),
		"upcoming_release": r.Released.After(c.clock()), "author": c.userView(r.Author), "commit_path": "/" + c.project.FullPath() + "/-/commit/" + r.SHA,
		"tag_path": "/" + c.project.FullPath() + "/-/tags/" + r.Tag, "evidences": []object{}, "_links": object{"self": page, "edit_url": page + "/edit"},
		"assets": object{"count": len(sources) + len(r.Links), "sources": sources, "links": list(r.Links, c.linkOf(r))},
	}
	if k, err := c.codeGit(c.project).Commit(r.SHA); err == nil {
		v["commit"] = c.commitObject(c.project)(k)
	}
	if len(r.Milestones) > 0 {
		v["milestones"] = list(r.Milestones, func(ms *Milestone) object {
			o := c.milestoneObject(ms)
			total, closed := ms.counts(c.project)
			o["issue_stats"] = object{"total": total, "closed": closed}
			return o
		})
	}
	if c.on("include_html_description") {
		v["description_html"] = "<p>" + r.Description + "</p>"
	}
	return v
}

func (ms *Milestone) counts(p *Project) (total, closed int) {
	for _, i := range p.Issues {
		if i.Milestone != ms {
			continue
		}
		if total++; i.State == "closed" {
			closed++
		}
	}
	return total, closed
}

func (c *call) listReleases() (reply, error) {
	all := slices.Clone(c.project.Releases)
	sign := -1
	if c.text("sort") == "asc" {
		sign = 1
	}
	slices.SortStableFunc(all, func(a, b *Release) int {
		if c.text("order_by") == "created_at" {
			return sign * a.Created.Compare(b.Created)
		}
		return sign * a.Released.Compare(b.Released)
	})
	return ok(list(page(c, all), c.releaseView))
}

func (c *call) createRelease() (reply, error) {
	if err := cmp.Or(c.needs("tag_name"), c.dated("released_at")); err != nil {
		return reply{}, err
	}
	p, tag := c.project, c.text("tag_name")
	if p.release(tag) != nil {
		return reply{}, refuse(http.StatusConflict, "Release already exists")
	}
	if p.refs["refs/tags/"+tag] == "" {
		if c.text("ref") == "" {
			return reply{}, refuse(http.StatusUnprocessableEntity, "Ref is not specified")
		}
		if err := cmp.Or(c.nameProblems("tags", tag), c.tagAllowed(tag)); err != nil {
			return reply{}, err
		}
		if c.codeGit(p).Resolve(c.text("ref")) == "" {
			return reply{}, refuse(http.StatusUnprocessableEntity, "Target "+c.text("ref")+" is invalid")
		}
		if err := c.makeTag(p, tag, c.text("ref"), c.text("tag_message"), c.doer); err != nil {
			return reply{}, err
		}
		if err := c.look(p, c.doer); err != nil {
			return reply{}, err
		}
	} else if err := c.tagAllowed(tag); err != nil {
		return reply{}, err
	}
	r := &Release{Tag: tag, Name: c.text("name"), Description: c.text("description"), Author: c.doer, SHA: c.codeGit(p).Resolve(tag), Created: c.clock(), Released: c.clock()}
	if at := c.time("released_at"); !at.IsZero() {
		r.Released = at
	}
	if err := c.releaseMilestones(r); err != nil {
		return reply{}, err
	}
	assets, _ := c.in["assets"].(object)
	links, _ := assets["links"].([]any)
	for _, l := range links {
		given, _ := l.(object)
		if _, err := c.addLink(r, given); err != nil {
			return reply{}, err
		}
	}
	p.Releases = append(p.Releases, r)
	c.touch(p)
	return created(c.releaseView(r))
}

func (c *call) releaseMilestones(r *Release) error {
	if !c.has("milestones") {
		return nil
	}
	r.Milestones = nil
	all := slices.Clone(c.project.Milestones)
	for _, n := range c.project.Namespace.chain() {
		all = append(all, n.Milestones...)
	}
	var unknown []string
	for _, title := range c.list("milestones") {
		at := slices.IndexFunc(all, func(ms *Milestone) bool { return ms.Title == title })
		if at < 0 {
			unknown = append(unknown, title)
			continue
		}
		r.Milestones = append(r.Milestones, all[at])
	}
	if len(unknown) > 0 {
		return refuse(http.StatusBadRequest, "Milestone(s) not found: "+strings.Join(unknown, ", "))
	}
	return nil
}

func (c *call) editRelease(r *Release) (reply, error) {
	if err := cmp.Or(c.dated("released_at"), c.atLeast("name", "description", "released_at", "milestones", "milestone_ids")); err != nil {
		return reply{}, err
	}
	if c.has("name") {
		r.Name = c.text("name")
	}
	if c.has("description") {
		r.Description = c.text("description")
	}
	if at := c.time("released_at"); !at.IsZero() {
		r.Released = at
	}
	if err := c.releaseMilestones(r); err != nil {
		return reply{}, err
	}
	return ok(c.releaseView(r))
}

// addLink gives a release an asset; names and addresses are unique among them.
func (c *call) addLink(r *Release, given object) (*ReleaseLink, error) {
	l := &ReleaseLink{Name: textOf(given["name"]), URL: textOf(given["url"]), Path: cmp.Or(textOf(given["direct_asset_path"]), textOf(given["filepath"])), Type: cmp.Or(textOf(given["link_type"]), "other")}
	if err := linkProblems(r, l); err != nil {
		return nil, err
	}
	l.ID = c.next("release link")
	r.Links = append([]*ReleaseLink{l}, r.Links...)
	return l, nil
}

func linkProblems(r *Release, l *ReleaseLink) error {
	if u, err := url.Parse(l.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ftp" {
		return invalid("url", "is blocked: Only allowed schemes are http, https, ftp")
	}
	if l.Path != "" && !strings.HasPrefix(l.Path, "/") {
		return invalid("filepath", "is in an invalid format")
	}
	for _, o := range r.Links {
		switch {
		case o == l:
		case o.Name == l.Name:
			return invalid("name", "has already been taken")
		case o.URL == l.URL:
			return invalid("url", "has already been taken")
		case l.Path != "" && o.Path == l.Path:
			return invalid("filepath", "has already been taken")
		}
	}
	return nil
}

func (c *call) editLink(r *Release, l *ReleaseLink) (reply, error) {
	if err := c.atLeast("name", "url", "direct_asset_path", "filepath", "link_type"); err != nil {
		return reply{}, err
	}
	before := *l
	l.Name, l.URL, l.Type = cmp.Or(c.text("name"), l.Name), cmp.Or(c.text("url"), l.URL), cmp.Or(c.text("link_type"), l.Type)
	l.Path = cmp.Or(c.text("direct_asset_path"), c.text("filepath"), l.Path)
	if err := linkProblems(r, l); err != nil {
		*l = before
		return reply{}, err
	}
	return ok(c.linkOf(r)(l))
}
