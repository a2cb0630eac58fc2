package giteatest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func gitRoutes(below adding) {
	below("GET", "branches", reader("repo.code"), (*call).listBranches)
	below("GET", "branches/{branch*}", reader("repo.code"), (*call).getBranch)
	below("POST", "branches", writer("repo.code"), (*call).createBranch)
	below("PUT", "branches/{branch*}", writer("repo.code"), (*call).updateBranch)
	below("PATCH", "branches/{branch*}", writer("repo.code"), (*call).renameBranch)
	below("DELETE", "branches/{branch*}", writer("repo.code"), (*call).deleteBranch)
	below("GET", "tags", reader("repo.code"), (*call).listTags)
	below("GET", "tags/{tag*}", reader("repo.code"), (*call).getTag)
	below("POST", "tags", writer("repo.code"), (*call).createTag)
	below("DELETE", "tags/{tag*}", writer("repo.code"), (*call).deleteTag)
	below("GET", "commits", reader("repo.code"), (*call).listCommits)
	below("GET", "git/commits/{sha}", reader("repo.code"), (*call).getCommit)
	below("GET", "git/refs", reader("repo.code"), func(c *call) (reply, error) { return c.listRefs("") })
	below("GET", "git/refs/{ref*}", reader("repo.code"), func(c *call) (reply, error) { return c.listRefs(c.params["ref"]) })
	below("GET", "git/trees/{sha}", reader("repo.code"), (*call).getTree)
	below("GET", "git/blobs/{sha}", reader("repo.code"), (*call).getBlob)
	below("GET", "contents/{filepath*}", reader("repo.code"), (*call).getContents)
	below("POST", "contents/{filepath*}", writer("repo.code"), (*call).createFile)
	below("GET", "raw/{filepath*}", reader("repo.code"), (*call).getRaw)
	below("GET", "commits/{sha}/statuses", reader("repo.code"), (*call).listStatuses)
	below("GET", "statuses/{sha}", reader("repo.code"), (*call).listStatuses)
	below("POST", "statuses/{sha}", writer("repo.code"), (*call).createStatus)
}

func (c *call) listCommits() (reply, error) {
	if len(branchesOf(c.repo.refs)) == 0 {
		return reply{}, refuse(http.StatusConflict, "Git Repository is empty.")
	}
	name := c.query.Get("sha")
	if name == "" {
		name = c.repo.DefaultBranch
	}
	id := c.codeGit(c.repo).Resolve(name)
	if id == "" {
		return reply{}, missing("", "object does not exist [id: "+name+", rel_path: ]")
	}
	args := []string{id}
	if not := c.query.Get("not"); not != "" {
		if not = c.codeGit(c.repo).Resolve(not); not == "" {
			return reply{}, missing("", "object does not exist [id: "+c.query.Get("not")+", rel_path: ]")
		}
		args = append(args, "^"+not)
	}
	args = append(args, "--")
	if p := c.query.Get("path"); p != "" {
		args = append(args, ":(literal)"+p)
	}
	return c.commitList(args)
}

// commitList answers with the commits that git log tells.
func (c *call) commitList(args []string) (reply, error) {
	all, err := c.codeGit(c.repo).Commits(args...)
	if err != nil {
		return reply{}, err
	}
	at, size := c.page()
	pages := (len(all) + size - 1) / size
	total := len(all)
	shown := page(c, all, true)
	for name, value := range map[string]string{"X-Page": strconv.Itoa(at), "X-PerPage": strconv.Itoa(size), "X-Total": strconv.Itoa(total),
		"X-PageCount": strconv.Itoa(pages), "X-HasMore": strconv.FormatBool(at < pages)} {
		c.header.Set(name, value)
	}
	views := []object{}
	for _, one := range shown {
		v, err := c.commitView(c.repo, one, c.details())
		if err != nil {
			return reply{}, err
		}
		views = append(views, v)
	}
	return ok(views)
}

// details is what of a commit is wanted.
type details struct{ stats, files, verification bool }

func (c *call) details() details {
	return details{stats: c.query.Get("stat") != "false", files: c.query.Get("files") != "false", verification: c.query.Get("verification") != "false"}
}

func (c *call) getCommit() (reply, error) {
	name, ending, isText := strings.Cut(c.params["sha"], ".")
	id := c.codeGit(c.repo).Resolve(name)
	if id == "" {
		return reply{}, missing("", "commit does not exist [id: "+name+", rel_path: ]")
	}
	if isText {
		args := []string{"show", "--format=", id}
		if ending == "patch" {
			args = []string{"format-patch", "-1", "--stdout", id}
		}
		out, err := c.codeGit(c.repo).Run(args...)
		return reply{http.StatusOK, []byte(out)}, err
	}
	one, err := c.codeGit(c.repo).Commit(id)
	if err != nil {
		return reply{}, err
	}
	v, err := c.commitView(c.repo, one, c.details())
	if err != nil {
		return reply{}, err
	}
	return ok(v)
}

func (c *call) listRefs(prefix string) (reply, error) {
	all := []object{}
	for _, name := range slices.Sorted(maps.Keys(c.repo.refs)) {
		if !strings.HasPrefix(name, "refs/"+prefix) || strings.HasPrefix(name, "refs/remotes/") {
			continue
		}
		id, kind := c.repo.refs[name], c.repo.kinds[name]
		all = append(all, object{"ref": name, "url": c.repoAPI(c.repo, "/git/"+name),
			"object": object{"type": kind, "sha": id, "url": c.repoAPI(c.repo, "/git/"+kind+"s/"+id)}})
	}
	if len(all) == 0 {
		return reply{}, missing("")
	}
	return ok(all)
}

func (c *call) getTree() (reply, error) {
	id := c.codeGit(c.repo).Resolve(c.params["sha"])
	if id == "" {
		return reply{}, refuse(http.StatusBadRequest, "object does not exist [id: %s, rel_path: ]", c.params["sha"])
	}
	entries, err := listTree(c.codeGit(c.repo), id, c.query.Get("recursive") == "true" || c.query.Get("recursive") == "1")
	if err != nil {
		return reply{}, err
	}
	c.header.Set("X-Total-Count", strconv.Itoa(len(entries)))
	tree := []object{}
	for _, e := range entries {
		tree = append(tree, object{"path": e.path, "mode": e.mode, "type": e.kind, "size": e.size, "sha": e.id, "url": c.repoAPI(c.repo, "/git/"+e.kind+"s/"+e.id)})
	}
	return ok(object{"sha": id, "url": c.repoAPI(c.repo, "/git/trees/"+id), "tree": tree, "truncated": false, "page": 1, "total_count": len(tree)})
}

func (c *call) getBlob() (reply, error) {
	id := c.params["sha"]
	data, err := c.codeGit(c.repo).Run("cat-file", "blob", "--", id)
	if err != nil {
		return reply{}, refuse(http.StatusBadRequest, "object does not exist [id: %s, rel_path: ]", id)
	}
	return ok(object{"content": base64.StdEncoding.EncodeToString([]byte(data)), "encoding": "base64", "url": c.repoAPI(c.repo, "/git/blobs/"+id), "sha": id, "size": len(data)})
}

// at is the commit that a request's ref names, or the default branch.
func (c *call) at() string {
	name := c.query.Get("ref")
	if name == "" {
		name = c.repo.DefaultBranch
	}
	return c.codeGit(c.repo).Resolve(name)
}

func (c *call) getRaw() (reply, error) {
	data, err := c.blobAt(c.at(), c.params["filepath"])
	if err != nil {
		return reply{}, missing("")
	}
	return reply{http.StatusOK, data}, nil
}

func (c *call) blobAt(id, name string) ([]byte, error) {
	out, err := c.codeGit(c.repo).Run("cat-file", "blob", "--end-of-options", id+":"+path.Clean(name))
	return []byte(out), err
}

func (c *call) getContents() (reply, error) {
	id, name := c.at(), c.params["filepath"]
	if id == "" {
		return reply{}, missing("")
	}
	data, err := c.blobAt(id, name)
	if err != nil {
		return reply{}, missing("", "object does not exist [id: , rel_path: "+name+"]")
	}
	ref := c.query.Get("ref")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	v, err := c.contentView(ref, id, name, data)
	if err != nil {
		return reply{}, err
	}
	return ok(v)
}

func (c *call) contentView(ref, id, name string, data []byte) (object, error) {
	git := c.codeGit(c.repo)
	out, err := git.Run("rev-parse", "--verify", id+":"+name)
	if err != nil {
		return nil, err
	}
	blob := strings.TrimSpace(out)
	last, err := git.Commits("-1", id, "--", ":(literal)"+name)
	if err != nil {
		return nil, err
	}
	self := c.repoAPI(c.repo, "/contents/"+escapePath(name)) + "?ref=" + strings.ReplaceAll(ref, "/", "%2F")
	page, blobAt := c.repoWeb(c.repo, "/src/branch/"+ref+"/"+escapePath(name)), c.repoAPI(c.repo, "/git/blobs/"+blob)
	return object{
		"name": path.Base(name), "path": name, "sha": blob, "last_commit_sha": last[0].ID, "last_committer_date": stamp(last[0].Committer.At),
		"last_author_date": stamp(last[0].Author.At), "type": "file", "size": len(data), "encoding": "base64",
		"content": base64.StdEncoding.EncodeToString(data), "target": nil, "url": self, "html_url": page, "git_url": blobAt,
		"download_url": c.repoWeb(c.repo, "/raw/branch/"+ref+"/"+escapePath(name)), "submodule_git_url": nil,
		"_links": object{"self": self, "git": blobAt, "html": page},
	}, nil
}

func (c *call) createFile() (reply, error) {
	var o struct {
		Content   string `json:"content"`
		Message   string `json:"message"`
		Branch    string `json:"branch"`
		NewBranch string `json:"new_branch"`
		Author    struct{ Name, Email string }
		Committer struct{ Name, Email string }
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	data, err := base64.StdEncoding.DecodeString(o.Content)
	if err != nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	name, branch := c.params["filepath"], o.Branch
	if branch == "" {
		branch = c.repo.DefaultBranch
	}
	parent := c.repo.refs["refs/heads/"+branch]
	if parent == "" && len(branchesOf(c.repo.refs)) > 0 {
		return reply{}, refuse(http.StatusNotFound, "branch does not exist [repo_id: %d name: %s]", c.repo.ID, branch)
	}
	if _, err := c.blobAt(parent, name); parent != "" && err == nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "repository file already exists [path: %s]", name)
	}
	if o.NewBranch != "" {
		branch = o.NewBranch
	}
	if o.Message == "" {
		o.Message = "Add " + name
	}
	by := c.signature(c.doer)
	if o.Author.Name != "" {
		by.Name, by.Email = o.Author.Name, o.Author.Email
	}
	git := c.codeGit(c.repo)
	id, err := git.Make(gitserver.Change{
		Ref: "refs/heads/" + branch, Parent: parent, Files: []gitserver.File{{Path: name, Data: data}},
		Author: by, Committer: by, Message: strings.TrimRight(o.Message, "\n") + "\n",
	})
	if err != nil {
		return reply{}, err
	}
	if err := c.look(c.repo, c.doer); err != nil {
		return reply{}, err
	}
	content, err := c.contentView(branch, id, name, data)
	if err != nil {
		return reply{}, err
	}
	one, err := git.Commit(id)
	if err != nil {
		return reply{}, err
	}
	v, err := c.commitView(c.repo, one, details{})
	if err != nil {
		return reply{}, err
	}
	inner := v["commit"].(object)
	tree := object{"url": c.repoAPI(c.repo, "/git/trees/"+one.Tree), "sha": one.Tree, "created": "0001-01-01T00:00:00Z"}
	return created(object{"content": content, "verification": unsigned(), "commit": object{
		"url": v["url"], "sha": id, "created": "0001-01-01T00:00:00Z", "html_url": v["html_url"], "author": inner["author"],
		"committer": inner["committer"], "parents": v["parents"], "message": inner["message"], "tree": tree,
	}})
}

func (c *call) listStatuses() (reply, error) {
	id := c.codeGit(c.repo).Resolve(c.params["sha"])
	var all []*CommitStatus
	for _, s := range c.repo.Statuses {
		if s.SHA == id {
			all = append(all, s)
		}
	}
	slices.Reverse(all)
	return ok(list(page(c, all, true), c.statusView))
}

func (c *call) createStatus() (reply, error) {
	var o struct {
		State   string `json:"state"`
		Context string `json:"context"`
		About   string `json:"description"`
		URL     string `json:"target_url"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	id := c.codeGit(c.repo).Resolve(c.params["sha"])
	if id == "" {
		return reply{}, missing("")
	}
	s := &CommitStatus{ID: c.next("status"), SHA: id, State: o.State, Context: o.Context, Text: o.About, URL: o.URL, Creator: c.doer, Created: c.clock()}
	c.repo.Statuses = append(c.repo.Statuses, s)
	return created(c.statusView(s))
}

func (c *call) statusView(s *CommitStatus) object {
	return object{"id": s.ID, "status": s.State, "target_url": s.URL, "description": s.Text, "url": c.repoAPI(c.repo, "/statuses/"+s.SHA),
		"context": s.Context, "creator": c.userView(s.Creator, c.doer), "created_at": stamp(s.Created), "updated_at": stamp(s.Created)}
}
