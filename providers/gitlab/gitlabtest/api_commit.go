package gitlabtest

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func commitRoutes(add adding) {
	at := "projects/{id}/repository/commits"
	read := reader("repository")
	add("GET "+at, read, (*call).listCommits)
	add("POST "+at, writer("repository", Developer), (*call).createCommit)
	one := func(pattern string, n need, do func(*call, gitserver.Commit) (reply, error)) {
		method, rest, _ := strings.Cut(pattern, " ")
		add(method+" "+at+"/{sha}"+rest, n, func(c *call) (reply, error) {
			id := c.codeGit(c.project).Resolve(c.r.PathValue("sha"))
			if id == "" {
				return reply{}, missing("Commit")
			}
			k, err := c.codeGit(c.project).Commit(id)
			if err != nil {
				return reply{}, missing("Commit")
			}
			return do(c, k)
		})
	}
	one("GET", read, func(c *call, k gitserver.Commit) (reply, error) { return c.commitDetail(k) })
	one("GET /diff", read, func(c *call, k gitserver.Commit) (reply, error) {
		all, err := c.commitDiffs(k)
		if err != nil {
			return reply{}, err
		}
		return ok(list(page(c, all), fileDiff.view))
	})
	one("GET /refs", read, (*call).commitRefs)
	one("GET /comments", read, (*call).commitComments)
	one("POST /comments", noter("repository"), (*call).createCommitComment)
	one("GET /merge_requests", read, func(c *call, k gitserver.Commit) (reply, error) {
		var all []*MergeRequest
		for _, r := range c.project.MergeRequests {
			inside, err := c.mergeCommits(r)
			if err != nil {
				return reply{}, err
			}
			if r.MergeCommit == k.ID || slices.ContainsFunc(inside, func(o gitserver.Commit) bool { return o.ID == k.ID }) {
				all = append(all, r)
			}
		}
		return ok(list(page(c, all), c.mergeView))
	})
}

func (c *call) commitDiffs(k gitserver.Commit) ([]fileDiff, error) {
	from := ""
	if len(k.Parents) > 0 {
		from = k.Parents[0]
	}
	return diffs(c.codeGit(c.project), from, k.ID)
}

func (c *call) commitDetail(k gitserver.Commit) (reply, error) {
	all, err := c.commitDiffs(k)
	if err != nil {
		return reply{}, err
	}
	v := c.commitObject(c.project)(k)
	var plus, less int64
	for _, d := range all {
		p, l := d.lines()
		plus, less = plus+p, less+l
	}
	v["stats"] = object{"additions": plus, "deletions": less, "total": plus + less}
	v["status"], v["project_id"], v["last_pipeline"] = nil, c.project.ID, nil
	return ok(v)
}

func (c *call) listCommits() (reply, error) {
	args := []string{}
	for name, option := range map[string]string{"since": "--since=", "until": "--until=", "author": "--author="} {
		if v := c.text(name); v != "" {
			args = append(args, option+v)
		}
	}
	if c.on("first_parent") {
		args = append(args, "--first-parent")
	}
	if c.on("all") {
		args = append(args, "--branches", "--tags")
	} else {
		id := c.revision("ref_name")
		if id == "" {
			return ok(page(c, []object{}))
		}
		args = append(args, id)
	}
	args = append(args, "--")
	if path := c.text("path"); path != "" {
		args = append(args, path)
	}
	all, err := c.codeGit(c.project).Commits(args...)
	if err != nil {
		return reply{}, err
	}
	shown := page(c, all)
	c.header.Del("X-Total") // GitLab does not count commits
	c.header.Del("X-Total-Pages")
	return ok(list(shown, c.commitObject(c.project)))
}

func (c *call) commitRefs(k gitserver.Commit) (reply, error) {
	var all []object
	for _, kind := range [][2]string{{"branch", "refs/heads"}, {"tag", "refs/tags"}} {
		if want := c.text("type"); want != "" && want != "all" && want != kind[0] {
			continue
		}
		out, err := c.codeGit(c.project).Run("for-each-ref", "--contains="+k.ID, "--format=%(refname)", kind[1])
		if err != nil {
			return reply{}, err
		}
		for _, ref := range strings.Fields(out) {
			all = append(all, object{"type": kind[0], "name": strings.TrimPrefix(ref, kind[1]+"/")})
		}
	}
	return ok(append([]object{}, page(c, all)...))
}

// commitItem is what is said of the commit that the path names.
func (c *call) commitItem() (*Item, error) {
	if !c.uses(c.doer, c.project, "repository") {
		return nil, missing("Commit")
	}
	id := c.codeGit(c.project).Resolve(c.r.PathValue("sha"))
	if id == "" {
		return nil, missing("Commit")
	}
	return c.commitNotes(c.project, id)
}

// CommitNotes is what is said of a commit; notes can be added to it.
func (m *Model) CommitNotes(p *Project, id string) (*Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commitNotes(p, id)
}

func (m *Model) commitNotes(p *Project, id string) (*Item, error) {
	if i := p.Commits[id]; i != nil {
		return i, nil
	}
	k, err := m.codeGit(p).Commit(id)
	if err != nil {
		return nil, err
	}
	i := &Item{Kind: "Commit", SHA: id, Project: p, Subscribed: map[*User]bool{}}
	for _, u := range m.users {
		if strings.EqualFold(u.Email, k.Author.Email) {
			i.Author = u
		}
	}
	p.Commits[id] = i
	return i, nil
}

func (c *call) commitComments(k gitserver.Commit) (reply, error) {
	i, err := c.commitNotes(c.project, k.ID)
	if err != nil {
		return reply{}, err
	}
	return ok(list(page(c, i.Notes()), c.commentView))
}

func (c *call) commentView(n *Note) object {
	v := object{"note": n.Body, "path": nil, "line": nil, "line_type": nil, "author": c.userView(n.Author), "created_at": stamp(n.Created)}
	if p := n.Position; p != nil {
		v["path"], v["line"], v["line_type"] = p.NewPath, p.NewLine, "new"
		if p.NewLine == 0 {
			v["line"], v["line_type"] = p.OldLine, "old"
		}
	}
	return v
}

func (c *call) createCommitComment(k gitserver.Commit) (reply, error) {
	if err := cmp.Or(c.limited("notes"), c.needs("note")); err != nil {
		return reply{}, err
	}
	i, err := c.commitNotes(c.project, k.ID)
	if err != nil {
		return reply{}, err
	}
	if !c.mayNote(i) {
		return reply{}, forbidden("")
	}
	n := &Note{Author: c.doer, Body: c.text("note")}
	if c.has("path") {
		if err := cmp.Or(c.needs("line", "line_type"), c.oneOf("line_type", "new", "old")); err != nil {
			return reply{}, err
		}
		n.Type = "DiffNote"
		n.Position = &Position{Type: "text", OldPath: c.text("path"), NewPath: c.text("path"), Head: k.ID, NewLine: c.number("line")}
		if len(k.Parents) > 0 {
			n.Position.Base, n.Position.Start = k.Parents[0], k.Parents[0]
		}
		if c.text("line_type") == "old" {
			n.Position.OldLine, n.Position.NewLine = n.Position.NewLine, 0
		}
	}
	c.addNote(i, nil, n)
	c.tell(i, c.doer, "note", c.mentioned(i, n, n.Body, ""))
	return created(c.commentView(n))
}

// createCommit commits changes of files on a branch, or begins one with them.
func (c *call) createCommit() (reply, error) {
	if err := c.needs("branch", "commit_message", "actions"); err != nil {
		return reply{}, err
	}
	from, err := c.commitBase()
	if err != nil {
		return reply{}, err
	}
	var edits []gitserver.File
	for _, a := range c.objects("actions") {
		e := gitserver.File{Path: textOf(a["file_path"]), Data: []byte(textOf(a["content"]))}
		if textOf(a["encoding"]) == "base64" {
			if e.Data, err = base64.StdEncoding.DecodeString(textOf(a["content"])); err != nil {
				return reply{}, refuse(http.StatusBadRequest, "content is not valid base64")
			}
		}
		_, there := c.readFile(from, e.Path)
		switch textOf(a["action"]) {
		case "create":
			if there {
				return reply{}, refuse(http.StatusBadRequest, "A file with this name already exists")
			}
		case "update":
			if !there {
				return reply{}, refuse(http.StatusBadRequest, "A file with this name doesn't exist")
			}
		case "delete":
			if !there {
				return reply{}, refuse(http.StatusBadRequest, "A file with this name doesn't exist")
			}
			e.Remove = true
		case "move":
			_, given := a["content"]
			e.From, e.Keep = textOf(a["previous_path"]), !given
		case "chmod":
			continue
		default:
			return reply{}, malformed("actions[0][action] does not have a valid value")
		}
		edits = append(edits, e)
	}
	id, err := c.commitEdits(c.project, c.text("branch"), from, c.committer(), c.text("commit_message"), edits)
	if err != nil {
		return reply{}, err
	}
	k, err := c.codeGit(c.project).Commit(id)
	if err != nil {
		return reply{}, err
	}
	answer, err := c.commitDetail(k)
	answer.status = http.StatusCreated
	return answer, err
}

// committer is the author that a request names, or whoever makes it.
func (c *call) committer() *User {
	by := *c.doer
	by.Name, by.Email = cmp.Or(c.text("author_name"), by.Name), cmp.Or(c.text("author_email"), by.Email)
	return &by
}

// commitBase is the commit that a new one follows; empty: none.
func (c *call) commitBase() (string, error) {
	branch := c.text("branch")
	if err := c.branchAllowed(branch); err != nil {
		return "", refuse(http.StatusBadRequest, "You are not allowed to push into this branch")
	}
	have := c.project.refs["refs/heads/"+branch]
	start := cmp.Or(c.text("start_branch"), c.text("start_sha"))
	switch {
	case start != "" && have != "" && !c.on("force") && start != branch:
		return "", refuse(http.StatusBadRequest, "A branch called '"+branch+"' already exists. Switch to that branch in order to make changes")
	case start != "":
		if have = c.codeGit(c.project).Resolve(start); have == "" {
			return "", refuse(http.StatusBadRequest, "Cannot find branch "+start)
		}
	case have == "" && len(branchesOf(c.project.refs)) > 0:
		return "", refuse(http.StatusBadRequest, "You can only create or edit files when you are on a branch")
	}
	return have, nil
}

// readFile reads a file of a commit, and says whether it is there.
func (c *call) readFile(id, path string) (string, bool) {
	if id == "" || path == "" {
		return "", false
	}
	out, err := c.codeGit(c.project).Run("cat-file", "blob", id+":"+path)
	return out, err == nil
}
