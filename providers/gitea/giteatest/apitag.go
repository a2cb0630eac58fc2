package giteatest

import (
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func (c *call) tagView(name string) (object, error) {
	git, id := c.codeGit(c.repo), c.repo.refs["refs/tags/"+name]
	at, err := git.Commit(id)
	if err != nil {
		return nil, err
	}
	message := at.Message
	if c.repo.kinds["refs/tags/"+name] == "tag" {
		if message, err = git.Run("for-each-ref", "--format=%(contents)", "refs/tags/"+name); err != nil {
			return nil, err
		}
		message = strings.TrimRight(message, "\n")
	}
	short := escapePath(name)
	return object{
		"name": name, "message": message, "id": id,
		"commit":      object{"url": c.repoAPI(c.repo, "/git/commits/"+id), "sha": at.ID, "created": stamp(at.Committer.At)},
		"zipball_url": c.repoWeb(c.repo, "/archive/"+short+".zip"), "tarball_url": c.repoWeb(c.repo, "/archive/"+short+".tar.gz"),
	}, nil
}

func (c *call) listTags() (reply, error) {
	all := []object{}
	for _, name := range page(c, tagsOf(c.repo.refs), false) {
		t, err := c.tagView(name)
		if err != nil {
			return reply{}, err
		}
		all = append(all, t)
	}
	return ok(all)
}

func (c *call) getTag() (reply, error) {
	name := c.params["tag"]
	if c.repo.refs["refs/tags/"+name] == "" {
		return reply{}, missing("tag doesn't exist: " + name)
	}
	t, err := c.tagView(name)
	if err != nil {
		return reply{}, err
	}
	return ok(t)
}

func (c *call) createTag() (reply, error) {
	var o struct {
		Name    string `json:"tag_name"`
		Message string `json:"message"`
		Target  string `json:"target"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Target == "" {
		o.Target = c.repo.DefaultBranch
	}
	git := c.codeGit(c.repo)
	id := git.Resolve(o.Target)
	if id == "" {
		return reply{}, refuse(http.StatusNotFound, "target not found: object does not exist [id: %s, rel_path: ]", o.Target)
	}
	if c.repo.refs["refs/tags/"+o.Name] != "" {
		return reply{}, refuse(http.StatusConflict, "tag already exists [name: %s]", o.Name)
	}
	if err := c.makeTag(o.Name, o.Message, id); err != nil {
		return reply{}, err
	}
	t, err := c.tagView(o.Name)
	if err != nil {
		return reply{}, err
	}
	return created(t)
}

// makeTag makes a tag, with a message an annotated one.
func (c *call) makeTag(name, message, id string) error {
	if message == "" {
		return c.moveRef("refs/tags/"+name, id)
	}
	who := c.signature(c.doer)
	if _, err := c.codeGit(c.repo).RunWith(gitserver.As(who, who), []byte(message), "tag", "-a", "-F", "-", "--end-of-options", name, id); err != nil {
		return err
	}
	return c.look(c.repo, c.doer)
}

func (c *call) deleteTag() (reply, error) {
	name := c.params["tag"]
	rel := c.repo.release(name)
	if rel == nil {
		return reply{}, missing("")
	}
	if !rel.OnlyTag {
		return reply{}, refuse(http.StatusConflict, "a tag attached to a release cannot be deleted directly")
	}
	if err := c.moveRef("refs/tags/"+name, ""); err != nil {
		return reply{}, err
	}
	return none()
}
