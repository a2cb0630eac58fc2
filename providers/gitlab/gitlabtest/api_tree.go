package gitlabtest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

func treeRoutes(add adding) {
	at := "projects/{id}/repository/"
	read := reader("repository")
	add("GET "+at+"tree", read, (*call).listTree)
	add("GET "+at+"blobs/{sha}", read, func(c *call) (reply, error) {
		out, err := c.blob(c.r.PathValue("sha"))
		if err != nil {
			return reply{}, err
		}
		return ok(object{"size": len(out), "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(out)), "sha": c.r.PathValue("sha")})
	})
	add("GET "+at+"blobs/{sha}/raw", read, func(c *call) (reply, error) {
		out, err := c.blob(c.r.PathValue("sha"))
		if err != nil {
			return reply{}, err
		}
		return ok(file{kind: "text/plain", data: []byte(out)})
	})
	add("GET "+at+"compare", read, (*call).compare)
	add("GET "+at+"merge_base", read, (*call).findMergeBase)
	add("GET "+at+"contributors", read, (*call).listContributors)
}

func (c *call) blob(id string) (string, error) {
	if !shaForm.MatchString(id) {
		return "", missing("Blob")
	}
	out, err := c.codeGit(c.project).Run("cat-file", "blob", id)
	if err != nil {
		return "", missing("Blob")
	}
	return out, nil
}

// revision is the commit that a request names, or else the head of the default
// branch.
func (c *call) revision(name string) string {
	given := c.text(name)
	if given == "" || given == "HEAD" {
		given = c.project.DefaultBranch
	}
	return c.codeGit(c.project).Resolve(given)
}

func (c *call) listTree() (reply, error) {
	id := c.revision("ref")
	if id == "" {
		return reply{}, missing("Tree")
	}
	path := strings.Trim(c.text("path"), "/")
	args := []string{"ls-tree", "-z", "-t"}
	if c.on("recursive") {
		args = append(args, "-r")
	}
	at := id + "^{tree}"
	if path != "" {
		at = id + ":" + path
	}
	out, err := c.codeGit(c.project).Run(append(args, "--end-of-options", at)...)
	if err != nil {
		return reply{}, refuse(http.StatusNotFound, "404 invalid revision or path Not Found")
	}
	var all []object
	for _, line := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		head, name, found := strings.Cut(line, "\t")
		f := strings.Fields(head)
		if !found || len(f) < 3 {
			continue
		}
		full := name
		if path != "" {
			full = path + "/" + name
		}
		all = append(all, object{"id": f[2], "name": name[strings.LastIndexByte(name, '/')+1:], "type": f[1], "path": full, "mode": f[0]})
	}
	slices.SortStableFunc(all, func(a, b object) int { return kindOrder(a) - kindOrder(b) })
	return ok(append([]object{}, keyset(c, all, func(o object) string { return textOf(o["id"]) + textOf(o["path"]) })...))
}

// kindOrder puts folders before files.
func kindOrder(entry object) int {
	return slices.Index([]string{"tree", "blob", "commit"}, textOf(entry["type"]))
}

func (c *call) compare() (reply, error) {
	if err := c.needs("from", "to"); err != nil {
		return reply{}, err
	}
	git := c.codeGit(c.project)
	from, to := git.Resolve(c.text("from")), git.Resolve(c.text("to"))
	if from == "" || to == "" {
		return reply{}, missing("Ref")
	}
	base := from
	if c.text("straight") != "true" {
		if base = git.MergeBase(from, to); base == "" {
			base = from
		}
	}
	all, err := diffs(git, base, to)
	if err != nil {
		return reply{}, err
	}
	inside, err := git.Commits("--reverse", to, "^"+from, "--")
	if err != nil {
		return reply{}, err
	}
	v := object{
		"commit": nil, "commits": list(inside, c.commitObject(c.project)), "diffs": list(all, fileDiff.view), "compare_timeout": false, "compare_same_ref": from == to,
		"web_url": c.projectURL(c.project) + "/-/compare/" + from + "..." + to,
	}
	if len(inside) > 0 {
		v["commit"] = c.commitObject(c.project)(inside[len(inside)-1])
	}
	return ok(v)
}

func (c *call) findMergeBase() (reply, error) {
	refs := c.list("refs")
	if len(refs) < 2 {
		return reply{}, malformed("Provide at least 2 refs")
	}
	git := c.codeGit(c.project)
	id := git.Resolve(refs[0])
	for _, ref := range refs[1:] {
		other := git.Resolve(ref)
		if id == "" || other == "" {
			return reply{}, badRequest("Could not find ref: " + ref)
		}
		id = git.MergeBase(id, other)
	}
	k, err := git.Commit(id)
	if err != nil {
		return reply{}, missing("Merge Base")
	}
	return ok(c.commitObject(c.project)(k))
}

func (c *call) listContributors() (reply, error) {
	id := c.revision("ref")
	if id == "" {
		return reply{}, missing("Repository")
	}
	all, err := c.codeGit(c.project).Commits(id, "--")
	if err != nil {
		return reply{}, err
	}
	var order []string
	by := map[string]object{}
	for _, k := range all {
		v := by[k.Author.Email]
		if v == nil {
			v = object{"name": k.Author.Name, "email": k.Author.Email, "commits": 0, "additions": 0, "deletions": 0}
			by[k.Author.Email] = v
			order = append(order, k.Author.Email)
		}
		v["commits"] = v["commits"].(int) + 1
	}
	return ok(list(page(c, order), func(email string) object { return by[email] }))
}
