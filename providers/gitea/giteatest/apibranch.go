package giteatest

import (
	"net/http"
	"strings"
)

func (c *call) branchAnswer(name string) (object, error) {
	at, err := c.codeGit(c.repo).Commit(c.repo.refs["refs/heads/"+name])
	if err != nil {
		return nil, err
	}
	return c.branchView(c.repo, name, at, c.doer), nil
}

func (c *call) listBranches() (reply, error) {
	names := page(c, branchesOf(c.repo.refs), true)
	if len(names) == 0 {
		return reply{http.StatusOK, []byte("null\n")}, c.asJSON()
	}
	all := []object{}
	for _, name := range names {
		b, err := c.branchAnswer(name)
		if err != nil {
			return reply{}, err
		}
		all = append(all, b)
	}
	return ok(all)
}

func (c *call) getBranch() (reply, error) {
	name := c.params["branch"]
	if c.repo.refs["refs/heads/"+name] == "" {
		return reply{}, missing("")
	}
	b, err := c.branchAnswer(name)
	if err != nil {
		return reply{}, err
	}
	return ok(b)
}

// moved carries a ref to another commit, as somebody who writes through the API.
func (c *call) moveRef(ref, id string) error {
	if err := c.codeGit(c.repo).SetRef(ref, id); err != nil {
		return err
	}
	return c.look(c.repo, c.doer)
}

func (c *call) createBranch() (reply, error) {
	var o struct {
		Name      string `json:"new_branch_name"`
		OldBranch string `json:"old_branch_name"`
		OldRef    string `json:"old_ref_name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if len(branchesOf(c.repo.refs)) == 0 {
		return reply{}, refuse(http.StatusNotFound, "Git Repository is empty.")
	}
	if err := required("BranchName", o.Name); err != nil {
		return reply{}, err
	}
	var id string
	switch {
	case o.OldRef != "":
		if id = c.codeGit(c.repo).Resolve(o.OldRef); id == "" {
			return reply{}, refuse(http.StatusInternalServerError, "object does not exist [id: %s, rel_path: ]", o.OldRef)
		}
	case o.OldBranch != "":
		if id = c.repo.refs["refs/heads/"+o.OldBranch]; id == "" {
			return reply{}, refuse(http.StatusNotFound, "The old branch does not exist")
		}
	default:
		id = c.repo.refs["refs/heads/"+c.repo.DefaultBranch]
	}
	for _, have := range branchesOf(c.repo.refs) {
		switch {
		case have == o.Name:
			return reply{}, refuse(http.StatusConflict, "The branch already exists.")
		case strings.HasPrefix(have, o.Name+"/"), strings.HasPrefix(o.Name, have+"/"):
			return reply{}, refuse(http.StatusConflict, "The branch with the same name already exists.")
		}
	}
	if err := c.moveRef("refs/heads/"+o.Name, id); err != nil {
		return reply{}, err
	}
	b, err := c.branchAnswer(o.Name)
	if err != nil {
		return reply{}, err
	}
	return created(b)
}

func (c *call) updateBranch() (reply, error) {
	var o struct {
		New   string `json:"new_commit_id"`
		Old   string `json:"old_commit_id"`
		Force bool   `json:"force"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	name := c.params["branch"]
	have := c.repo.refs["refs/heads/"+name]
	if have == "" {
		return reply{}, missing("", "branch does not exist [repo_id: "+itoa(c.repo.ID)+" name: "+name+"]")
	}
	id := c.codeGit(c.repo).Resolve(o.New)
	if id == "" || o.Old != "" && o.Old != have || !o.Force && c.codeGit(c.repo).MergeBase(have, id) != have {
		return reply{}, refuse(http.StatusUnprocessableEntity, "Force push %s need a confirm force parameter", name)
	}
	if err := c.moveRef("refs/heads/"+name, id); err != nil {
		return reply{}, err
	}
	return none()
}

func (c *call) renameBranch() (reply, error) {
	var o struct {
		Name string `json:"name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	old := c.params["branch"]
	id := c.repo.refs["refs/heads/"+old]
	if id == "" {
		return reply{}, refuse(http.StatusNotFound, "Branch doesn't exist.")
	}
	if o.Name == old || c.repo.refs["refs/heads/"+o.Name] != "" {
		return reply{}, refuse(http.StatusUnprocessableEntity, "Cannot rename a branch using the same name or rename to a branch that already exists.")
	}
	for _, i := range c.repo.issues() { // pull requests follow
		if p := i.Pull; p != nil && !p.Merged {
			if p.Base == old {
				p.Base = o.Name
			}
			if p.HeadRepo == c.repo && p.Head == old {
				p.Head = o.Name
			}
		}
	}
	if _, err := c.codeGit(c.repo).Run("branch", "-m", old, o.Name); err != nil {
		return reply{}, err
	}
	if c.repo.DefaultBranch == old {
		c.repo.DefaultBranch = o.Name
	}
	// A branch with another name is not one that was pushed and one that was
	// deleted.
	from, to := "refs/heads/"+old, "refs/heads/"+o.Name
	c.repo.refs[to], c.repo.kinds[to] = id, c.repo.kinds[from]
	delete(c.repo.refs, from)
	delete(c.repo.kinds, from)
	if err := c.look(c.repo, c.doer); err != nil {
		return reply{}, err
	}
	return none()
}

func (c *call) deleteBranch() (reply, error) {
	name := c.params["branch"]
	if name == c.repo.DefaultBranch {
		return reply{}, refuse(http.StatusForbidden, "can not delete default or pull request target branch")
	}
	if c.repo.protection(name) != nil {
		return reply{}, refuse(http.StatusForbidden, "branch protected")
	}
	if c.repo.refs["refs/heads/"+name] == "" {
		return reply{}, missing("", "branch does not exist [name: "+name+"]")
	}
	if err := c.moveRef("refs/heads/"+name, ""); err != nil {
		return reply{}, err
	}
	return none()
}
