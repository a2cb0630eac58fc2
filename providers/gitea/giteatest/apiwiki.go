package giteatest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
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
	id := c.wikiGit(c.repo).Resolve(wikiBranch)
	if id == "" {
		return "", missing("", "object does not exist [id: refs/heads/"+wikiBranch+", rel_path: ]")
	}
	return id, nil
}

func (c *call) pageMeta(head, file string) (object, error) {
	last, err := c.wikiGit(c.repo).Commits("-1", head, "--", ":(literal)"+file)
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

func wikiCommit(c gitserver.Commit) object {
	who := func(s gitserver.Signature) object {
		return object{"name": s.Name, "email": s.Email, "date": stamp(s.At)}
	}
	return object{"sha": c.ID, "author": who(c.Author), "commiter": who(c.Committer), "message": c.Message}
}

func (c *call) listPages() (reply, error) {
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	entries, err := listTree(c.wikiGit(c.repo), head, false)
	if err != nil {
		return reply{}, err
	}
	views := []object{}
	for _, e := range page(c, entries, true) {
		if e.kind != "blob" || !strings.HasSuffix(e.path, ".md") || e.path == "_Sidebar.md" || e.path == "_Footer.md" {
			continue
		}
		o, err := c.pageMeta(head, e.path)
		if err != nil {
			return reply{}, err
		}
		views = append(views, o)
	}
	return ok(views)
}

// file64 is a file of the wiki in base64; ok is false when there is none.
func (c *call) file64(head, file string) (text string, ok bool) {
	git := c.wikiGit(c.repo)
	all, err := git.Run("ls-tree", "-r", "-z", "--name-only", head)
	if err != nil || !slices.Contains(strings.Split(all, "\x00"), file) {
		return "", false
	}
	data, err := git.Run("cat-file", "blob", head+":"+file)
	return base64.StdEncoding.EncodeToString([]byte(data)), err == nil
}

func (c *call) onePage(title string, status int) (reply, error) {
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	file, err := c.findPage(head, title)
	if err != nil {
		return reply{}, err
	}
	text, _ := c.file64(head, file)
	o, err := c.pageMeta(head, file)
	if err != nil {
		return reply{}, err
	}
	all, err := c.wikiGit(c.repo).Commits(head, "--", ":(literal)"+file)
	if err != nil {
		return reply{}, err
	}
	o["content_base64"], o["commit_count"] = text, len(all)
	o["sidebar"], o["footer"] = "", ""
	for name, at := range map[string]string{"sidebar": "_Sidebar.md", "footer": "_Footer.md"} {
		if text, has := c.file64(head, at); has {
			o[name] = text
		}
	}
	return reply{status, o}, nil
}

// findPage finds the file of a page by its title or path.
func (c *call) findPage(head, title string) (string, error) {
	for _, file := range []string{strings.ReplaceAll(url.QueryEscape(title), "+", " ") + ".md", title + ".md", pageFile(title)} {
		if _, has := c.file64(head, file); has {
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
	git := c.wikiGit(c.repo)
	if !c.repo.wiki {
		if err := git.Init(gitserver.Layout{ObjectFormat: c.repo.ObjectFormat, Branch: wikiBranch}); err != nil {
			return reply{}, err
		}
		c.repo.wiki = true
	}
	if _, taken := c.file64(git.Resolve(wikiBranch), pageFile(o.Title)); taken {
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
	var files []gitserver.File
	for _, name := range remove {
		files = append(files, gitserver.File{Path: name, Remove: true})
	}
	if o.Title != "" {
		data, err := base64.StdEncoding.DecodeString(o.Content)
		if err != nil {
			return refuse(http.StatusBadRequest, "%v", err)
		}
		files = append(files, gitserver.File{Path: pageFile(o.Title), Data: data})
	}
	git := c.wikiGit(c.repo)
	by := c.signature(c.doer)
	_, err := git.Make(gitserver.Change{
		Ref: "refs/heads/" + wikiBranch, Parent: git.Resolve(wikiBranch), Files: files,
		Author: by, Committer: by, Message: strings.TrimRight(o.Message, "\n") + "\n",
	})
	return err
}

func (c *call) editPage() (reply, error) {
	var o pageOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	file, err := c.findPage(head, c.params["page"])
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
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	file, err := c.findPage(head, c.params["page"])
	if err != nil {
		return reply{}, missing("", "file does not exist")
	}
	if err := c.writePage(pageOptions{Message: "Delete page \"" + pageTitle(file) + "\""}, []string{file}); err != nil {
		return reply{}, err
	}
	return none()
}

func (c *call) pageRevisions() (reply, error) {
	head, err := c.wikiHead()
	if err != nil {
		return reply{}, err
	}
	file, err := c.findPage(head, c.params["page"])
	if err != nil {
		return reply{}, err
	}
	all, err := c.wikiGit(c.repo).Commits(head, "--", ":(literal)"+file)
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
