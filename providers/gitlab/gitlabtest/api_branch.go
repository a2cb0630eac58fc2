package gitlabtest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

func branchRoutes(add adding) {
	at := "projects/{id}/repository/branches"
	add("GET "+at, reader("repository"), (*call).listBranches)
	add("POST "+at, writer("repository", Developer), (*call).createBranch)
	add("GET "+at+"/{branch}", reader("repository"), func(c *call) (reply, error) {
		name := c.r.PathValue("branch")
		if c.project.refs["refs/heads/"+name] == "" {
			return reply{}, missing("Branch")
		}
		return ok(c.branchView(name))
	})
	add("DELETE "+at+"/{branch}", writer("repository", Developer), (*call).deleteBranch)
	at = "projects/{id}/repository/tags"
	add("GET "+at, reader("repository"), (*call).listTags)
	add("POST "+at, writer("repository", Developer), (*call).createTag)
	add("GET "+at+"/{tag_name}", reader("repository"), func(c *call) (reply, error) {
		name := c.r.PathValue("tag_name")
		if c.project.refs["refs/tags/"+name] == "" {
			return reply{}, missing("Tag")
		}
		return ok(c.tagView(name))
	})
	add("DELETE "+at+"/{tag_name}", writer("repository", Developer), func(c *call) (reply, error) {
		name := c.r.PathValue("tag_name")
		if c.project.refs["refs/tags/"+name] == "" {
			return reply{}, missing("Tag")
		}
		if err := c.codeGit(c.project).SetRef("refs/tags/"+name, ""); err != nil {
			return reply{}, err
		}
		c.project.Releases = slices.DeleteFunc(c.project.Releases, func(r *Release) bool { return r.Tag == name })
		if err := c.look(c.project, c.doer); err != nil {
			return reply{}, err
		}
		return none()
	})
}

func (c *call) branchView(name string) object {
	p := c.project
	rules := rulesOf(p.ProtectedBranches, name)
	lets := func(which func(*ProtectedRef) []*AccessRule) bool {
		return slices.ContainsFunc(rules, func(r *ProtectedRef) bool {
			return slices.ContainsFunc(which(r), func(a *AccessRule) bool { return a.Level == Developer })
		})
	}
	v := object{
		"name": name, "merged": false, "protected": len(rules) > 0, "default": name == p.DefaultBranch, "web_url": c.projectURL(p) + "/-/tree/" + name,
		"developers_can_push":  lets(func(r *ProtectedRef) []*AccessRule { return r.Push }),
		"developers_can_merge": lets(func(r *ProtectedRef) []*AccessRule { return r.Merge }),
		"can_push":             c.level(c.doer, p) >= Developer && c.branchAllowed(name) == nil,
	}
	if k, err := c.codeGit(p).Commit("refs/heads/" + name); err == nil {
		v["commit"] = c.commitObject(p)(k)
	}
	return v
}

func (c *call) listBranches() (reply, error) {
	if len(branchesOf(c.project.refs)) == 0 {
		return ok([]object{})
	}
	all := named(c, branchesOf(c.project.refs))
	return ok(list(keyset(c, all, func(n string) string { return n }), c.branchView))
}

// named keeps the names that a request searches for: "^" and "$" stand for the ends.
func named(c *call, names []string) []string {
	search := c.text("search")
	begins, ends := strings.HasPrefix(search, "^"), strings.HasSuffix(search, "$")
	text := strings.TrimSuffix(strings.TrimPrefix(search, "^"), "$")
	return slices.DeleteFunc(names, func(n string) bool {
		switch {
		case begins && ends:
			return n != text
		case begins:
			return !strings.HasPrefix(n, text)
		case ends:
			return !strings.HasSuffix(n, text)
		}
		return !strings.Contains(strings.ToLower(n), strings.ToLower(text))
	})
}

var (
	shaForm   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	hexBranch = regexp.MustCompile(`^[0-9a-f]{40}(-?/|$)`)
	hexTag    = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?([^0-9a-f]|$)`)
)

// nameProblems refuses what git does not take for a name.
func (c *call) nameProblems(kind, name string) error {
	if gitrepo.CheckRefName("refs/"+kind+"/"+name) != nil || strings.HasPrefix(name, "-") {
		return refuse(http.StatusBadRequest, map[string]string{"heads": "Branch name is invalid", "tags": "Tag name invalid"}[kind])
	}
	switch {
	case kind == "heads" && hexBranch.MatchString(name):
		return refuse(http.StatusBadRequest, "You cannot create a branch with a 40-character hexadecimal branch name.")
	case kind == "tags" && name == c.project.DefaultBranch:
		return refuse(http.StatusBadRequest, "You cannot use default branch name to create a tag")
	case kind == "tags" && hexTag.MatchString(name):
		return refuse(http.StatusBadRequest, "You cannot create a tag with a SHA-1 or SHA-256 tag name.")
	}
	return nil
}

func (c *call) createBranch() (reply, error) {
	if err := c.needs("branch", "ref"); err != nil {
		return reply{}, err
	}
	name := c.text("branch")
	if err := c.nameProblems("heads", name); err != nil {
		return reply{}, err
	}
	if c.project.refs["refs/heads/"+name] != "" {
		return reply{}, refuse(http.StatusBadRequest, "Branch already exists")
	}
	for _, r := range rulesOf(c.project.ProtectedBranches, name) {
		if !c.passes(c.doer, c.project, r.Push) && !c.passes(c.doer, c.project, r.Merge) {
			return reply{}, refuse(http.StatusBadRequest, "You are not allowed to create protected branches on this project.")
		}
	}
	git := c.codeGit(c.project)
	id := git.Resolve(c.text("ref"))
	if id == "" {
		return reply{}, refuse(http.StatusBadRequest, "Invalid reference name: "+c.text("ref"))
	}
	if err := git.SetRef("refs/heads/"+name, id); err != nil {
		return reply{}, err
	}
	if err := c.look(c.project, c.doer); err != nil {
		return reply{}, err
	}
	return created(c.branchView(name))
}

func (c *call) deleteBranch() (reply, error) {
	name := c.r.PathValue("branch")
	switch {
	case c.project.refs["refs/heads/"+name] == "":
		return reply{}, missing("Branch")
	case name == c.project.DefaultBranch:
		return reply{}, refuse(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case len(rulesOf(c.project.ProtectedBranches, name)) > 0 && c.level(c.doer, c.project) < Maintainer:
		return reply{}, refuse(http.StatusMethodNotAllowed, "Protected branch can't be removed")
	}
	if err := c.codeGit(c.project).SetRef("refs/heads/"+name, ""); err != nil {
		return reply{}, err
	}
	if err := c.look(c.project, c.doer); err != nil {
		return reply{}, err
	}
	return none()
}

func (c *call) tagView(name string) object {
	p := c.project
	git := c.codeGit(p)
	v := object{"name": name, "message": "", "target": p.refs["refs/tags/"+name], "release": nil, "protected": len(rulesOf(p.ProtectedTags, name)) > 0, "created_at": nil, "commit": nil}
	if k, err := git.Commit("refs/tags/" + name); err == nil {
		v["commit"] = c.commitObject(p)(k)
	}
	out, err := git.Run("for-each-ref", "--format=%(objecttype)%00%(taggerdate:iso-strict)%00%(contents)", "refs/tags/"+name)
	if f := strings.SplitN(out, "\x00", 3); err == nil && len(f) == 3 && f[0] == "tag" {
		v["message"], v["created_at"] = strings.TrimRight(f[2], "\n"), optional(f[1])
	}
	if r := p.release(name); r != nil {
		v["release"] = object{"tag_name": r.Tag, "description": r.Description}
	}
	return v
}

func (c *call) listTags() (reply, error) {
	all := named(c, tagsOf(c.project.refs))
	if cmp.Or(c.text("sort"), "desc") == "desc" {
		slices.Reverse(all)
	}
	return ok(list(keyset(c, all, func(n string) string { return n }), c.tagView))
}

func (c *call) createTag() (reply, error) {
	if err := c.needs("tag_name", "ref"); err != nil {
		return reply{}, err
	}
	name := c.text("tag_name")
	if err := c.nameProblems("tags", name); err != nil {
		return reply{}, err
	}
	if err := c.tagAllowed(name); err != nil {
		return reply{}, err
	}
	switch {
	case c.project.refs["refs/tags/"+name] != "":
		return reply{}, refuse(http.StatusBadRequest, "Tag "+name+" already exists")
	case c.codeGit(c.project).Resolve(c.text("ref")) == "":
		return reply{}, refuse(http.StatusBadRequest, "Target "+c.text("ref")+" is invalid")
	}
	if err := c.makeTag(c.project, name, c.text("ref"), c.text("message"), c.doer); err != nil {
		return reply{}, err
	}
	if err := c.look(c.project, c.doer); err != nil {
		return reply{}, err
	}
	return created(c.tagView(name))
}
