package giteatest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

func (c *call) listCollaborators() (reply, error) {
	set := map[*User]bool{}
	for u := range c.repo.Collaborators {
		set[u] = true
	}
	all := sortedUsers(set)
	slices.SortFunc(all, func(a, b *User) int { return int(a.ID - b.ID) })
	return ok(userList(c.Model, page(c, all, false), c.doer))
}

// collaborator is the user in the path; who does not exist cannot be processed.
func (c *call) collaborator() (*User, error) {
	u := c.user(c.params["username"])
	if u == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "user does not exist [uid: 0, name: %s]", c.params["username"])
	}
	return u, nil
}

func (c *call) isCollaborator() (reply, error) {
	u, err := c.collaborator()
	if err != nil {
		return reply{}, err
	}
	if c.repo.Collaborators[u] == None {
		return reply{}, missing("")
	}
	return none()
}

func (c *call) setCollaborator() (reply, error) {
	u, err := c.collaborator()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Permission string `json:"permission"`
	}
	if len(c.body) > 0 {
		if err := c.read(&o); err != nil {
			return reply{}, err
		}
	}
	level, known := accessNamed(o.Permission)
	if !known || level == None || level == Own {
		level = Write
	}
	c.repo.Collaborators[u] = level
	return none()
}

func (c *call) removeCollaborator() (reply, error) {
	u, err := c.collaborator()
	if err != nil {
		return reply{}, err
	}
	delete(c.repo.Collaborators, u)
	delete(c.repo.Watchers, u)
	return none()
}

func (c *call) permission() (reply, error) {
	name := c.params["username"]
	if !c.doer.Admin && !strings.EqualFold(c.doer.Login, name) && c.access(c.doer, c.repo, "") < Administer {
		return reply{}, refuse(http.StatusForbidden, "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own")
	}
	u := c.user(name)
	if u == nil {
		return reply{}, refuse(http.StatusNotFound, "user does not exist [uid: 0, name: %s]", name)
	}
	a := c.access(u, c.repo, "")
	return ok(object{"permission": a.String(), "role_name": a.String(), "user": c.userView(u, c.repo.Owner)})
}

func (c *call) listAssignees() (reply, error) {
	var all []*User
	for _, u := range c.users {
		if !u.Organization && c.insider(u, c.repo) && c.access(u, c.repo, "") >= Write {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	return ok(userList(c.Model, all, c.doer))
}

func (c *call) listRepoTeams() (reply, error) {
	if !c.repo.Owner.Organization {
		return reply{}, refuse(http.StatusMethodNotAllowed, "repo is not owned by an organization")
	}
	all := []object{}
	for _, t := range c.teamsOf(c.repo.Owner) {
		if t.Repos[c.repo] {
			all = append(all, c.teamView(t, false))
		}
	}
	return ok(all)
}

func (c *call) setRepoTeam(has bool) (reply, error) {
	for _, t := range c.teamsOf(c.repo.Owner) {
		if !strings.EqualFold(t.Name, c.params["team"]) {
			continue
		}
		switch {
		case t.Repos[c.repo] == has && has:
			return reply{}, refuse(http.StatusUnprocessableEntity, "team '%s' is already added to repo", t.Name)
		case t.Repos[c.repo] == has:
			return reply{}, refuse(http.StatusUnprocessableEntity, "team '%s' was not added to repo", t.Name)
		case has:
			c.giveTeam(t, c.repo)
		default:
			delete(t.Repos, c.repo)
		}
		return none()
	}
	return reply{}, missing("TeamNotExist")
}

func (c *call) createHook() (reply, error) {
	fields, err := c.readMap()
	if err != nil {
		return reply{}, err
	}
	h := &Hook{ID: c.next("hook"), Fields: fields, Created: c.clock(), Updated: c.clock()}
	c.repo.Hooks = append(c.repo.Hooks, h)
	return created(c.hookView(h))
}

func (c *call) createKey() (reply, error) {
	var o struct {
		Title    string `json:"title"`
		Key      string `json:"key"`
		ReadOnly bool   `json:"read_only"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	k := &DeployKey{ID: c.next("deploy_key"), Title: o.Title, Key: o.Key, ReadOnly: o.ReadOnly, Created: c.clock()}
	c.repo.Keys = append(c.repo.Keys, k)
	return created(c.keyView(k))
}

func (c *call) keyView(k *DeployKey) object {
	fingerprint := ""
	if parts := strings.Fields(k.Key); len(parts) > 1 {
		if raw, err := base64.StdEncoding.DecodeString(parts[1]); err == nil {
			sum := sha256.Sum256(raw)
			fingerprint = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
		}
	}
	return object{"id": k.ID, "key_id": k.ID, "key": k.Key, "url": c.repoAPI(c.repo, "/keys/"+itoa(k.ID)), "title": k.Title,
		"fingerprint": fingerprint, "created_at": stamp(k.Created), "read_only": k.ReadOnly}
}
