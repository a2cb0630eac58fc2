package gitlabtest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func snippetRoutes(add adding) {
	add("GET snippets", signedIn(), func(c *call) (reply, error) {
		return c.listSnippets(func(s *Snippet) bool { return s.Author == c.doer })
	})
	add("GET snippets/public", signedIn(), func(c *call) (reply, error) {
		return c.listSnippets(func(s *Snippet) bool { return s.Project == nil && s.Visibility == "public" })
	})
	add("GET snippets/all", signedIn(), func(c *call) (reply, error) {
		return c.listSnippets(func(s *Snippet) bool { return c.seesSnippet(c.doer, s) })
	})
	add("POST snippets", signedIn(), func(c *call) (reply, error) { return c.createSnippet(nil) })
	add("GET projects/{id}/snippets", reader("snippets"), func(c *call) (reply, error) {
		return c.listSnippets(func(s *Snippet) bool { return s.Project == c.project && c.seesSnippet(c.doer, s) })
	})
	add("POST projects/{id}/snippets", writer("snippets", Reporter), func(c *call) (reply, error) { return c.createSnippet(c.project) })
	for _, of := range []string{"snippets/{snippet}", "projects/{id}/snippets/{snippet}"} {
		one := func(pattern string, n need, do func(*call, *Snippet) (reply, error)) {
			method, rest, _ := strings.Cut(pattern, " ")
			add(method+" "+of+rest, n, func(c *call) (reply, error) {
				s := c.snippetOf(c.number("snippet"))
				if s == nil || s.Project != c.project {
					return reply{}, missing("Snippet")
				}
				return do(c, s)
			})
		}
		one("GET", anyone(), func(c *call, s *Snippet) (reply, error) { return ok(c.snippetView(s)) })
		one("PUT", signedIn(), (*call).editSnippet)
		one("DELETE", signedIn(), (*call).deleteSnippet)
		one("GET /raw", anyone(), func(c *call, s *Snippet) (reply, error) { return c.snippetFile(s, "main", "") })
		one("GET /files/{ref}/{path}/raw", anyone(), func(c *call, s *Snippet) (reply, error) {
			return c.snippetFile(s, c.r.PathValue("ref"), c.r.PathValue("path"))
		})
	}
}

// AddSnippet makes a snippet with its files.
func (m *Model) AddSnippet(s Snippet, files map[string]string) (*Snippet, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	made := &s
	if err := m.addSnippet(made); err != nil {
		return nil, err
	}
	var edits []gitserver.File
	for name, text := range files {
		edits = append(edits, gitserver.File{Path: name, Data: []byte(text)})
	}
	_, err := m.commitOn(m.snippetGit(made), "refs/heads/main", "", made.Author, "Initial commit", edits)
	return made, err
}

func (m *Model) addSnippet(s *Snippet) error {
	s.Kind, s.snippet = "Snippet", s
	s.Visibility = cmp.Or(s.Visibility, "private")
	m.newItem(&s.Item)
	m.snippets = append(m.snippets, s)
	if s.Project != nil {
		s.Project.Snippets = append(s.Project.Snippets, s)
	}
	return m.makeGit(m.snippetDir(s), "main")
}

// Snippets returns all snippets.
func (m *Model) Snippets() []*Snippet {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.snippets)
}

// snippetOf finds a snippet that whoever asks may see.
func (c *call) snippetOf(id int64) *Snippet {
	for _, s := range c.snippets {
		if s.ID == id && c.seesSnippet(c.doer, s) {
			return s
		}
	}
	return nil
}

func (m *Model) seesSnippet(u *User, s *Snippet) bool {
	switch {
	case u != nil && (u.Admin || s.Author == u):
		return true
	case s.Project == nil:
		return open(s.Visibility, u)
	case !m.uses(u, s.Project, "snippets"):
		return false
	}
	return open(s.Visibility, u) || m.level(u, s.Project) >= Guest
}

func (c *call) listSnippets(which func(*Snippet) bool) (reply, error) {
	all := slices.DeleteFunc(slices.Clone(c.snippets), func(s *Snippet) bool {
		return !which(s) || c.outside(s.Created, "created_after", "created_before")
	})
	slices.SortStableFunc(all, func(a, b *Snippet) int { return cmp.Compare(b.ID, a.ID) })
	return ok(list(page(c, all), c.snippetView))
}

func (m *Model) snippetFiles(s *Snippet) []string {
	git := m.snippetGit(s)
	out, err := git.Run("ls-tree", "-r", "-z", "--name-only", git.Resolve("refs/heads/main"))
	if err != nil || out == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
}

func (c *call) snippetView(s *Snippet) object {
	page := c.itemURL(&s.Item)
	var files []object
	names := c.snippetFiles(s)
	first := ""
	for _, name := range names {
		first = cmp.Or(first, name)
		files = append(files, object{"path": name, "raw_url": page + "/raw/main/" + name})
	}
	clone := strings.Replace(page, "/-/snippets/", "/snippets/", 1) + ".git"
	v := object{
		"id": s.ID, "title": s.Title, "description": optional(s.Description), "visibility": s.Visibility, "author": c.userView(s.Author), "created_at": stamp(s.Created),
		"updated_at": stamp(s.Updated), "project_id": nil, "web_url": page, "raw_url": page + "/raw", "ssh_url_to_repo": strings.Replace(clone, c.url+"/", "git@"+hostOf(c.url)+":", 1),
		"http_url_to_repo": clone, "file_name": first, "files": files, "imported": s.Imported != "", "imported_from": cmp.Or(s.Imported, "none"),
	}
	if s.Project != nil {
		v["project_id"] = s.Project.ID
	}
	return v
}

func (c *call) createSnippet(p *Project) (reply, error) {
	if err := cmp.Or(c.needs("title"), c.oneOf("visibility", "private", "internal", "public")); err != nil {
		return reply{}, err
	}
	if !c.has("files") && !c.has("content") {
		return reply{}, malformed("files, content are missing, exactly one parameter must be provided")
	}
	s := &Snippet{Item: Item{Project: p, Author: c.doer, Title: c.text("title"), Description: c.text("description")}, Visibility: cmp.Or(c.text("visibility"), "internal")}
	var edits []gitserver.File
	for _, f := range c.objects("files") {
		edits = append(edits, gitserver.File{Path: textOf(f["file_path"]), Data: []byte(textOf(f["content"]))})
	}
	if c.has("content") {
		edits = append(edits, gitserver.File{Path: c.text("file_name"), Data: []byte(c.text("content"))})
	}
	if err := snippetProblems(s, edits); err != nil {
		return reply{}, err
	}
	if p != nil && rank(s.Visibility) > rank(p.Visibility) {
		return reply{}, forbidden("")
	}
	if err := c.addSnippet(s); err != nil {
		return reply{}, err
	}
	if _, err := c.commitOn(c.snippetGit(s), "refs/heads/main", "", c.doer, "Initial commit", edits); err != nil {
		return reply{}, err
	}
	return created(c.snippetView(s))
}

// snippetProblems refuses a snippet that cannot be.
func snippetProblems(s *Snippet, edits []gitserver.File) error {
	switch {
	case strings.TrimSpace(s.Title) == "":
		return invalid("title", "can't be blank")
	case len([]rune(s.Title)) > maxTitle:
		return invalid("title", "is too long (maximum is 255 characters)")
	case len(edits) == 0:
		return malformed("files does not have a valid value")
	case len(edits) > maxSnippetFiles:
		return refuse(http.StatusBadRequest, object{"error": "Snippet files count must be less than or equal to 10"})
	}
	seen := map[string]bool{}
	for _, e := range edits {
		switch {
		case e.Path == "" || strings.HasPrefix(e.Path, "/") || slices.Contains(strings.Split(e.Path, "/"), "..") || slices.Contains(strings.Split(e.Path, "/"), ".git"):
			return malformed("files[0][file_path] should be a valid file path")
		case len(e.Data) == 0 && !e.Remove && !e.Keep:
			return malformed("files[0][content] is empty")
		case seen[e.Path]:
			return refuse(http.StatusBadRequest, object{"error": "Repository Error creating the snippet - A file with this name already exists"})
		}
		seen[e.Path] = true
	}
	return nil
}

func (c *call) editSnippet(s *Snippet) (reply, error) {
	if err := cmp.Or(c.oneOf("visibility", "private", "internal", "public"), c.atLeast("title", "description", "visibility", "content", "files", "file_name")); err != nil {
		return reply{}, err
	}
	if s.Author != c.doer && !c.doer.Admin && (s.Project == nil || c.level(c.doer, s.Project) < Maintainer) {
		return reply{}, forbidden("")
	}
	s.Title = cmp.Or(c.text("title"), s.Title)
	if c.has("description") {
		s.Description = c.text("description")
	}
	s.Visibility = cmp.Or(c.text("visibility"), s.Visibility)
	var edits []gitserver.File
	for _, f := range c.objects("files") {
		e := gitserver.File{Path: textOf(f["file_path"]), Data: []byte(textOf(f["content"]))}
		switch textOf(f["action"]) {
		case "delete":
			e.Remove = true
		case "move":
			e.From = textOf(f["previous_path"])
			_, given := f["content"]
			e.Keep = !given
		}
		edits = append(edits, e)
	}
	if c.has("content") {
		edits = append(edits, gitserver.File{Path: cmp.Or(c.text("file_name"), c.snippetFiles(s)[0]), Data: []byte(c.text("content"))})
	}
	if len(edits) > 0 {
		head := c.snippetGit(s).Resolve("refs/heads/main")
		if _, err := c.commitOn(c.snippetGit(s), "refs/heads/main", head, c.doer, "Update snippet", edits); err != nil {
			return reply{}, err
		}
	}
	s.Updated = c.clock()
	return ok(c.snippetView(s))
}

func (c *call) deleteSnippet(s *Snippet) (reply, error) {
	if s.Author != c.doer && !c.doer.Admin && (s.Project == nil || c.level(c.doer, s.Project) < Maintainer) {
		return reply{}, forbidden("")
	}
	c.Model.snippets = slices.DeleteFunc(c.Model.snippets, func(o *Snippet) bool { return o == s })
	if s.Project != nil {
		s.Project.Snippets = slices.DeleteFunc(s.Project.Snippets, func(o *Snippet) bool { return o == s })
	}
	return none()
}

func (c *call) snippetFile(s *Snippet, ref, path string) (reply, error) {
	if path == "" {
		names := c.snippetFiles(s)
		if len(names) == 0 {
			return reply{}, missing("File")
		}
		path = names[0]
	}
	id := c.snippetGit(s).Resolve(ref)
	if id == "" {
		return reply{}, missing("Reference")
	}
	out, err := c.snippetGit(s).Run("cat-file", "blob", id+":"+path)
	if err != nil {
		return reply{}, missing("File")
	}
	return ok(file{kind: "text/plain", data: []byte(out)})
}
