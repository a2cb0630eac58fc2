package gitlabtest

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func wikiRoutes(add adding) {
	at := "projects/{id}/wikis"
	add("GET "+at, reader("wiki"), (*call).listPages)
	add("POST "+at, writer("wiki", Developer), (*call).createPage)
	add("POST "+at+"/attachments", writer("wiki", Developer), (*call).attachToWiki)
	one := func(method string, n need, do func(*call, wikiPage) (reply, error)) {
		add(method+" "+at+"/{slug}", n, func(c *call) (reply, error) {
			for _, p := range c.wikiPages() {
				if p.slug == c.r.PathValue("slug") {
					return do(c, p)
				}
			}
			return reply{}, missing("Wiki Page")
		})
	}
	one("GET", reader("wiki"), func(c *call, p wikiPage) (reply, error) { return ok(c.pageView(p, true)) })
	one("PUT", writer("wiki", Developer), (*call).editPage)
	one("DELETE", writer("wiki", Developer), func(c *call, p wikiPage) (reply, error) {
		if err := c.commitWiki("Destroy "+p.title, gitserver.File{Path: p.path, Remove: true}); err != nil {
			return reply{}, err
		}
		return none()
	})
}

// wikiPage is a page: a file of the wiki's repository.
type wikiPage struct {
	path, slug, title, format string
}

// wikiFormats are the endings of files that are pages, the first of each format
// being that of new ones.
func wikiFormats() [][2]string {
	return [][2]string{{".md", "markdown"}, {".markdown", "markdown"}, {".mkd", "markdown"}, {".mkdn", "markdown"}, {".mdown", "markdown"}, {".rdoc", "rdoc"}, {".asciidoc", "asciidoc"}, {".adoc", "asciidoc"}, {".asc", "asciidoc"}, {".org", "org"}}
}

// wikiHead is the branch that a wiki is on, and its commit.
func (c *call) wikiHead() (ref, id string) {
	git := c.wikiGit(c.project)
	if ref = git.Head(); ref == "" {
		return "refs/heads/main", ""
	}
	if id = git.Resolve(ref); id != "" {
		return ref, id
	}
	refs, err := git.Refs()
	if names := branchesOf(refs); err == nil && len(names) > 0 {
		ref = "refs/heads/" + names[0]
		return ref, refs[ref]
	}
	return ref, ""
}

func (c *call) wikiPages() []wikiPage {
	if !c.project.wiki {
		return nil
	}
	_, id := c.wikiHead()
	if id == "" {
		return nil
	}
	out, err := c.wikiGit(c.project).Run("ls-tree", "-r", "-z", "--name-only", id)
	if err != nil {
		return nil
	}
	var all []wikiPage
	for _, name := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		for _, f := range wikiFormats() {
			if slug, ok := strings.CutSuffix(name, f[0]); ok && slug != "_sidebar" {
				all = append(all, wikiPage{path: name, slug: slug, title: strings.ReplaceAll(path.Base(slug), "-", " "), format: f[1]})
				break
			}
		}
	}
	return all
}

func (c *call) pageView(p wikiPage, content bool) object {
	v := object{"format": p.format, "slug": p.slug, "title": p.title, "wiki_page_meta_id": nil}
	if content {
		_, id := c.wikiHead()
		text, _ := c.wikiGit(c.project).Run("cat-file", "blob", id+":"+p.path)
		v["content"], v["encoding"], v["front_matter"] = text, "UTF-8", object{}
	}
	return v
}

func (c *call) listPages() (reply, error) {
	return ok(list(c.wikiPages(), func(p wikiPage) object { return c.pageView(p, c.on("with_content")) }))
}

func (c *call) commitWiki(message string, edits ...gitserver.File) error {
	if err := c.makeWiki(c.project); err != nil {
		return err
	}
	ref, id := c.wikiHead()
	_, err := c.commitOn(c.wikiGit(c.project), ref, id, c.doer, message, edits)
	return err
}

func pageAt(title, format string) wikiPage {
	ending := ".md"
	for _, f := range wikiFormats() {
		if f[1] == format {
			ending = f[0]
			break
		}
	}
	slug := strings.ReplaceAll(title, " ", "-")
	return wikiPage{path: slug + ending, slug: slug, title: strings.ReplaceAll(path.Base(slug), "-", " "), format: cmp.Or(format, "markdown")}
}

func (c *call) createPage() (reply, error) {
	if err := cmp.Or(c.needs("title", "content"), c.oneOf("format", "markdown", "rdoc", "asciidoc", "org")); err != nil {
		return reply{}, err
	}
	p := pageAt(c.text("title"), c.text("format"))
	switch {
	case p.title == "":
		return reply{}, malformed("title is empty")
	case c.text("content") == "":
		return reply{}, malformed("content is empty")
	case slices.ContainsFunc(c.wikiPages(), func(o wikiPage) bool { return o.slug == p.slug }):
		return reply{}, refuse(http.StatusUnprocessableEntity, "Duplicate page: A page with that title already exists")
	}
	if err := c.commitWiki("Create "+p.title, gitserver.File{Path: p.path, Data: []byte(c.text("content"))}); err != nil {
		return reply{}, err
	}
	return created(c.pageView(p, true))
}

func (c *call) editPage(p wikiPage) (reply, error) {
	if err := c.atLeast("content", "title", "format"); err != nil {
		return reply{}, err
	}
	next := pageAt(cmp.Or(c.text("title"), p.slug), cmp.Or(c.text("format"), p.format))
	e := gitserver.File{Path: next.path, Data: []byte(c.text("content")), Keep: !c.has("content")}
	if next.path != p.path || e.Keep {
		e.From = p.path
	}
	if err := c.commitWiki("Update "+p.title, e); err != nil {
		return reply{}, err
	}
	return ok(c.pageView(next, true))
}

func (c *call) attachToWiki() (reply, error) {
	given, there := c.files["file"]
	if !there {
		return reply{}, malformed("file is missing")
	}
	name := unsafeName.ReplaceAllString(given.name, "_")
	at := "uploads/" + digest("wiki", itoa(c.next("wiki upload")))[:32] + "/" + name
	if err := c.commitWiki("Upload attachment "+at, gitserver.File{Path: at, Data: given.data}); err != nil {
		return reply{}, err
	}
	mark := ""
	if isEmbedded(name) {
		mark = "!"
	}
	ref, _ := c.wikiHead()
	return created(object{"file_name": name, "file_path": at, "branch": strings.TrimPrefix(ref, "refs/heads/"),
		"link": object{"url": at, "markdown": mark + "[" + strings.TrimSuffix(name, path.Ext(name)) + "](" + at + ")"}})
}
