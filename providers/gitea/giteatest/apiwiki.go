package giteatest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func wikiRoutes(below adding) {
	write := writer("repo.wiki")
	below("GET", "wiki/pages", anyone(), (*call).listPages)
	below("POST", "wiki/new", write, (*call).newPage)
	below("GET", "wiki/page/{page}", anyone(), func(c *call) (reply, error) { return c.onePage(c.params["page"], http.StatusOK) })
	below("PATCH", "wiki/page/{page}", write, (*call).editPage)
	below("DELETE", "wiki/page/{page}", write, (*call).deletePage)
	below("GET", "wiki/revisions/{page}", anyone(), (*call).pageRevisions)
}

// wikiBranch is the branch of all wikis.
const wikiBranch = "main"

// dashMark is behind the name of a page that has dashes of its own: in the others
// a dash stands for a space.
const dashMark = ".-"

// webPath is how an address names a page.
func webPath(title string) string {
	title = strings.TrimSpace(title)
	if strings.Contains(title, "-") || strings.HasSuffix(title, ".md") {
		return url.QueryEscape(title + dashMark)
	}
	return url.QueryEscape(strings.ReplaceAll(title, " ", "-"))
}

// pageFile is the file of a page.
func pageFile(title string) string { return strings.ReplaceAll(webPath(title), "+", " ") + ".md" }

// pageTitle is the title of the page in a file.
func pageTitle(file string) string {
	name, marked := strings.CutSuffix(strings.TrimSuffix(file, ".md"), dashMark)
	if !marked {
		name = strings.ReplaceAll(name, "-", " ")
	}
	if plain, err := url.QueryUnescape(name); err == nil {
		return plain
	}
	return name
}

// wikiHead is the newest commit of the wiki; "" when there is none.
func (c *call) wikiHead() (string, error) {
	if !c.repo.wiki || !c.repo.has("has_wiki") || c.access(c.doer, c.repo, "repo.wiki") < Read {
		return "", missing("", "no such file or directory")
	}
	id := resolve(c.wikiDir(c.repo), wikiBranch)
	if id == "" {
		return "", missing("", "object does not exist [id: refs/heads/"+wikiBranch+", rel_path: ]")
	}
	return id, nil
}

func (c *call) pageMeta(file string) (object, error) {
	last, err := commits(c.wikiDir(c.repo), "-1", wikiBranch, "--", ":(literal)"+file)
	if err != nil {
		return nil, err
	}
	path := webPath(pageTitle(file))
	o := object{"title": pageTitle(file), "html_url": c.repoWeb(c.repo, "/wiki/"+path), "sub_url": path, "last_commit": nil}
	if len(last) > 0 {
		o["last_commit"] = wikiCommit(last[0])
	}
	return o, nil
}

func wikiCommit(c commit) object {
	who := func(s signature) object {
		return object{"name": s.name, "email": s.email, "date": stamp(s.at)}
	}
	return object{"sha": c.id, "author": who(c.author), "commiter": who(c.committer), "message": c.message}
}

func (c *call) listPages() (reply, error) {
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	entries, err := listTree(c.wikiDir(c.repo), head, false)
	if err != nil {
		return reply{}, err
	}
	views := []object{}
	for _, e := range page(c, entries, true) {
		if e.kind != "blob" || !strings.HasSuffix(e.path, ".md") || e.path == "_Sidebar.md" || e.path == "_Footer.md" {
			continue
		}
		o, err := c.pageMeta(e.path)
		if err != nil {
			return reply{}, err
		}
		views = append(views, o)
	}
	return ok(views)
}

// file64 is a file of the wiki in base64; ok is false when there is none.
func (c *call) file64(file string) (text string, ok bool) {
	data, err := git(c.wikiDir(c.repo), "cat-file", "blob", "--end-of-options", wikiBranch+":"+file)
	return base64.StdEncoding.EncodeToString([]byte(data)), err == nil
}

func (c *call) onePage(title string, status int) (reply, error) {
	if _, err := c.wikiHead(); err != nil {
		return reply{}, err
	}
	file, err := c.findPage(title)
	if err != nil {
		return reply{}, err
	}
	text, _ := c.file64(file)
	o, err := c.pageMeta(file)
	if err != nil {
		return reply{}, err
	}
	all, err := commits(c.wikiDir(c.repo), wikiBranch, "--", ":(literal)"+file)
	if err != nil {
		return reply{}, err
	}
	o["content_base64"], o["commit_count"] = text, len(all)
	o["sidebar"], o["footer"] = "", ""
	for name, at := range map[string]string{"sidebar": "_Sidebar.md", "footer": "_Footer.md"} {
		if text, has := c.file64(at); has {
			o[name] = text
		}
	}
	return reply{status, o}, nil
}

// findPage finds the file of a page by its title or path.
func (c *call) findPage(title string) (string, error) {
	for _, file := range []string{strings.ReplaceAll(url.QueryEscape(title), "+", " ") + ".md", title + ".md", pageFile(title)} {
		if _, has := c.file64(file); has {
			return file, nil
		}
	}
	return "", missing("")
}

type pageOptions struct {
	Title   string `json:"title"`
	Content string `json:"content_base64"`
	Message string `json:"message"`
}

func (c *call) newPage() (reply, error) {
	var o pageOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if strings.TrimSpace(o.Title) == "" {
		return reply{}, refuse(http.StatusBadRequest, "%%!s(<nil>)")
	}
	dir := c.wikiDir(c.repo)
	if !c.repo.wiki {
		if err := makeGit(dir, c.repo.ObjectFormat, wikiBranch); err != nil {
			return reply{}, err
		}
		c.repo.wiki = true
	}
	if _, taken := c.file64(pageFile(o.Title)); taken {
		return reply{}, refuse(http.StatusBadRequest, "wiki page already exists [title: %s]", pageFile(o.Title))
	}
	if o.Message == "" {
		o.Message = "Add \"" + o.Title + "\""
	}
	if err := c.writePage(o, nil); err != nil {
		return reply{}, err
	}
	return c.onePage(o.Title, http.StatusCreated)
}

// writePage makes a commit that writes a page, and removes the file old.
func (c *call) writePage(o pageOptions, remove []string) error {
	var files []file
	for _, name := range remove {
		files = append(files, file{path: name})
	}
	if o.Title != "" {
		data, err := base64.StdEncoding.DecodeString(o.Content)
		if err != nil {
			return refuse(http.StatusBadRequest, "%v", err)
		}
		files = append(files, file{path: pageFile(o.Title), data: append([]byte{}, data...)})
	}
	dir := c.wikiDir(c.repo)
	id, err := c.writeFiles(dir, resolve(dir, wikiBranch), files, strings.TrimRight(o.Message, "\n")+"\n", c.signature(c.doer))
	if err != nil {
		return err
	}
	return setRef(dir, "refs/heads/"+wikiBranch, id)
}

func (c *call) editPage() (reply, error) {
	var o pageOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if _, err := c.wikiHead(); err != nil {
		return reply{}, err
	}
	file, err := c.findPage(c.params["page"])
	if err != nil {
		return reply{}, err
	}
	if o.Title == "" {
		o.Title = pageTitle(file)
	}
	if o.Message == "" {
		o.Message = "Update \"" + o.Title + "\""
	}
	var remove []string
	if pageFile(o.Title) != file {
		remove = []string{file}
	}
	if err := c.writePage(o, remove); err != nil {
		return reply{}, err
	}
	return c.onePage(o.Title, http.StatusOK)
}

func (c *call) deletePage() (reply, error) {
	if _, err := c.wikiHead(); err != nil {
		return reply{}, err
	}
	file, err := c.findPage(c.params["page"])
	if err != nil {
		return reply{}, missing("", "file does not exist")
	}
	if err := c.writePage(pageOptions{Message: "Delete page \"" + pageTitle(file) + "\""}, []string{file}); err != nil {
		return reply{}, err
	}
	return none()
}

func (c *call) pageRevisions() (reply, error) {
	if _, err := c.wikiHead(); err != nil {
		return reply{}, err
	}
	file, err := c.findPage(c.params["page"])
	if err != nil {
		return reply{}, err
	}
	all, err := commits(c.wikiDir(c.repo), wikiBranch, "--", ":(literal)"+file)
	if err != nil {
		return reply{}, err
	}
	total := len(all)
	c.header.Set("X-Total-Count", itoa(int64(total)))
	c.expose("X-Total-Count")
	at, _ := c.page()
	from := min((at-1)*pageSize, total)
	return ok(object{"commits": list(slices.Clone(all[from:min(from+pageSize, total)]), wikiCommit), "count": total})
}
