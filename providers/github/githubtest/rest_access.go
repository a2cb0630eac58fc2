package githubtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

func (c *call) collaborator(o *Collaborator) fields {
	f := c.user(o.User)
	level := slices.Index(permissionLevels(), o.Permission())
	f["role_name"] = o.Role
	f["permissions"] = fields{"pull": level >= 1, "triage": level >= 2, "push": level >= 3, "maintain": level >= 4, "admin": level >= 5}
	return f
}

func listCollaborators(c *call) (any, error) {
	if !c.m.May(c.token, c.repo, "write") {
		return nil, &failure{status: http.StatusForbidden, message: "Must have push access to view repository collaborators."}
	}
	all := slices.Clone(c.repo.Collaborators)
	switch c.query("affiliation") {
	case "outside":
		all = slices.DeleteFunc(all, func(o *Collaborator) bool { return !o.Outside })
	case "direct":
	default:
		if o := c.m.Org(c.repo.Owner.Login); o != nil {
			for _, u := range o.Owners {
				if !slices.ContainsFunc(all, func(o *Collaborator) bool { return o.User == u }) {
					all = append(all, &Collaborator{User: u, Role: "admin"})
				}
			}
		} else {
			all = append(all, &Collaborator{User: c.repo.Owner, Role: "admin"})
		}
	}
	return list(c, all, c.collaborator)
}

func getCollaboratorPermission(c *call) (any, error) {
	u := c.m.User(c.r.PathValue("username"))
	if u == nil {
		return nil, notFound()
	}
	p := c.m.Permission(&Token{User: u, FineGrained: true}, c.repo)
	role := cmp.Or(p, "none")
	old := map[string]string{"admin": "admin", "maintain": "write", "write": "write", "triage": "read", "read": "read"}
	f := c.collaborator(&Collaborator{User: u, Role: role})
	return fields{"permission": cmp.Or(old[p], "none"), "role_name": role, "user": f}, nil
}

func listAssignees(c *call) (any, error) {
	var all []*User
	for _, o := range c.repo.Collaborators {
		all = append(all, o.User)
	}
	return list(c, all, c.user)
}

// names is a list of which only the names are shown.
func names(key string, of func(*Repository) []string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if !c.m.May(c.token, c.repo, "admin") {
			return nil, &failure{status: http.StatusForbidden, message: "Resource not accessible by personal access token"}
		}
		all := of(c.repo)
		page, err := list(c, all, func(name string) fields {
			return fields{"name": name, "created_at": stamp(Epoch), "updated_at": stamp(Epoch)}
		})
		return fields{"total_count": len(all), key: page}, err
	}
}

func (c *call) hook(h *Hook) fields {
	at := fmt.Sprintf("%s/repos/%s/hooks/%d", c.api, c.repo.FullName(), h.ID)
	config := fields{"content_type": "json", "insecure_ssl": "0", "url": h.URL}
	if h.HasSecret {
		config["secret"] = "********"
	}
	return fields{
		"type": "Repository", "id": h.ID, "name": "web", "active": h.Active, "events": append([]string{}, h.Events...), "config": config,
		"updated_at": stamp(h.CreatedAt), "created_at": stamp(h.CreatedAt), "url": at, "test_url": at + "/test", "ping_url": at + "/pings",
		"deliveries_url": at + "/deliveries", "last_response": fields{"code": nil, "status": "unused", "message": nil},
	}
}

func listHooks(c *call) (any, error) {
	if !c.m.May(c.token, c.repo, "admin") || !c.token.Has("admin:repo_hook") {
		return nil, notFound()
	}
	return list(c, c.repo.Hooks, c.hook)
}

func listKeys(c *call) (any, error) {
	if err := c.require("admin"); err != nil {
		return nil, err
	}
	return list(c, c.repo.DeployKeys, func(k *DeployKey) fields {
		return fields{
			"id": k.ID, "key": k.Key, "url": fmt.Sprintf("%s/repos/%s/keys/%d", c.api, c.repo.FullName(), k.ID), "title": k.Title,
			"verified": true, "created_at": stamp(k.CreatedAt), "read_only": k.ReadOnly, "added_by": nil, "last_used": nil, "enabled": true,
		}
	})
}

func listPackages(c *call) (any, error) {
	u := c.m.User(cmp.Or(c.r.PathValue("org"), c.r.PathValue("username")))
	if u == nil {
		return nil, notFound()
	}
	kind := c.query("package_type")
	if kind == "" {
		return nil, &failure{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\nMissing required query parameter: package_type"}
	}
	var all []packageOf
	for _, r := range c.m.RepositoriesOf(u) {
		for _, name := range r.Packages {
			if kind == "container" && c.m.May(c.token, r, "read") {
				all = append(all, packageOf{name, r})
			}
		}
	}
	return list(c, all, func(p packageOf) fields {
		at := c.api + "/orgs/" + u.Login + "/packages/" + kind + "/" + p.name
		return fields{
			"id": p.repo.ID, "name": p.name, "package_type": kind, "owner": c.user(u), "version_count": 1, "visibility": "private",
			"url": at, "html_url": c.web + "/orgs/" + u.Login + "/packages/" + kind + "/package/" + p.name, "repository": c.repository(p.repo),
			"created_at": stamp(Epoch), "updated_at": stamp(Epoch),
		}
	})
}

type packageOf struct {
	name string
	repo *Repository
}
