package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func groupRoutes(add adding) {
	add("GET groups", anyone(), func(c *call) (reply, error) { return c.listGroups(func(*Namespace) bool { return true }) })
	add("POST groups", signedIn(), (*call).createGroup)
	add("GET groups/{id}", anyone(), func(c *call) (reply, error) { return ok(c.groupDetail(c.group)) })
	add("PUT groups/{id}", atLeast(Owner), (*call).editGroup)
	add("DELETE groups/{id}", atLeast(Owner), (*call).deleteGroup)
	add("GET groups/{id}/subgroups", anyone(), func(c *call) (reply, error) {
		return c.listGroups(func(n *Namespace) bool { return n.Parent == c.group })
	})
	add("GET groups/{id}/descendant_groups", anyone(), func(c *call) (reply, error) {
		return c.listGroups(func(n *Namespace) bool { return n != c.group && n.inside(c.group) })
	})
	add("GET groups/{id}/projects", anyone(), func(c *call) (reply, error) {
		all := c.visible(func(p *Project) bool {
			return p.Namespace == c.group || c.on("include_subgroups") && p.Namespace.inside(c.group)
		})
		return ok(c.projectPage(all))
	})
	add("POST groups/{id}/transfer", atLeast(Owner), (*call).transferGroup)
}

func (c *call) groupDetail(g *Namespace) object {
	v := c.groupView(g)
	v["shared_with_groups"] = []object{}
	v["prevent_sharing_groups_outside_hierarchy"] = false
	if c.groupLevel(c.doer, g) >= Owner {
		v["runners_token"] = nil
	}
	if c.text("with_projects") != "false" {
		all := c.visible(func(p *Project) bool { return p.Namespace == g })
		v["projects"], v["shared_projects"] = list(all[:min(len(all), 100)], c.projectView), []object{}
	}
	return v
}

func (c *call) listGroups(which func(*Namespace) bool) (reply, error) {
	search := strings.ToLower(c.text("search"))
	var all []*Namespace
	for _, n := range c.namespaces {
		switch {
		case n.User != nil, !which(n), !c.seesGroup(c.doer, n):
		case c.on("owned") && c.groupMember(c.doer, n) < Owner, c.on("top_level_only") && n.Parent != nil:
		case c.number("min_access_level") > int64(c.groupMember(c.doer, n)):
		case search != "" && !strings.Contains(strings.ToLower(n.Name+" "+n.FullPath()), search):
		default:
			all = append(all, n)
		}
	}
	order, back := cmp.Or(c.text("order_by"), "name"), c.text("sort") == "desc"
	slices.SortStableFunc(all, func(a, b *Namespace) int {
		by := map[string]int{"id": cmp.Compare(a.ID, b.ID), "path": strings.Compare(a.FullPath(), b.FullPath())}
		result, ok := by[order]
		if !ok {
			result = cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
		}
		if back {
			return -result
		}
		return result
	})
	return ok(list(keyset(c, all, func(n *Namespace) string { return itoa(n.ID) }), c.groupView))
}

// groupFailure is how the API says that a group cannot be kept.
func groupFailure(attribute string, problems ...string) error {
	quoted := make([]string, len(problems))
	for i, p := range problems {
		quoted[i] = fmt.Sprintf("%q", p)
	}
	return refuse(http.StatusBadRequest, fmt.Sprintf("Failed to save group {:%s=>[%s]}", attribute, strings.Join(quoted, ", ")))
}

func (c *call) createGroup() (reply, error) {
	if err := cmp.Or(c.needs("name", "path"), c.oneOf("visibility", "private", "internal", "public")); err != nil {
		return reply{}, err
	}
	g := &Namespace{Name: c.text("name"), Path: c.text("path"), Description: c.text("description"), Visibility: cmp.Or(c.text("visibility"), "private")}
	if c.text("parent_id") != "" {
		g.Parent = c.namespaceByID(c.number("parent_id"))
		if g.Parent == nil || g.Parent.User != nil || !c.seesGroup(c.doer, g.Parent) {
			return reply{}, missing("Group")
		}
		if c.groupLevel(c.doer, g.Parent) < c.subgroupLevel(g.Parent) {
			return reply{}, forbidden("")
		}
	} else if c.doer.CannotGroup && !c.doer.Admin {
		return reply{}, forbidden("")
	}
	if err := c.groupProblems(g); err != nil {
		return reply{}, err
	}
	c.addNamespace(g)
	c.groupSettings(g)
	if c.groupMember(c.doer, g) < Owner {
		g.Members = append(g.Members, c.newMember(c.doer, Owner, c.doer))
	}
	return created(c.groupView(g))
}

func (c *call) subgroupLevel(parent *Namespace) int {
	if parent.Settings["subgroup_creation_level"] == "owner" {
		return Owner
	}
	return Maintainer
}

// groupProblems refuses a group that cannot be.
func (c *call) groupProblems(g *Namespace) error {
	var reserved []string
	if g.Parent == nil {
		reserved = reservedTop()
	}
	if problems := pathProblems(g.Path, reserved); len(problems) > 0 {
		return groupFailure("path", problems...)
	}
	if !groupName.MatchString(g.Name) {
		return groupFailure("name", "can contain only letters, digits, emoji, '_', '.', '(', ')', dashes, or spaces. It must start with a letter, digit, emoji, or '_'.")
	}
	if g.Parent != nil && rank(g.Visibility) > rank(g.Parent.Visibility) {
		return groupFailure("visibility_level", g.Visibility+" is not allowed since the parent group has a "+g.Parent.Visibility+" visibility.")
	}
	for _, n := range c.namespaces {
		if n != g && n.Parent == g.Parent && strings.EqualFold(n.Path, g.Path) {
			return groupFailure("path", "has already been taken")
		}
		if n != g && n.User == nil && n.Parent == g.Parent && n.Name == g.Name && g.Parent != nil {
			return groupFailure("name", "has already been taken")
		}
	}
	for _, p := range c.projects {
		if p.Namespace == g.Parent && g.Parent != nil && strings.EqualFold(p.Path, g.Path) {
			return groupFailure("path", "has already been taken")
		}
	}
	return nil
}

// groupSettings keeps what a request says of settings that have no meaning here.
func (c *call) groupSettings(g *Namespace) {
	for _, name := range []string{
		"project_creation_level", "subgroup_creation_level", "request_access_enabled", "lfs_enabled", "default_branch", "share_with_group_lock",
		"require_two_factor_authentication", "mentions_disabled", "emails_enabled", "auto_devops_enabled", "default_branch_protection", "two_factor_grace_period",
	} {
		if v, ok := c.in[name]; ok {
			g.Settings[name] = v
		}
	}
}

func (c *call) editGroup() (reply, error) {
	if err := c.oneOf("visibility", "private", "internal", "public"); err != nil {
		return reply{}, err
	}
	next := *c.group
	next.Name, next.Path = cmp.Or(c.text("name"), next.Name), cmp.Or(c.text("path"), next.Path)
	next.Visibility = cmp.Or(c.text("visibility"), next.Visibility)
	if c.has("description") {
		next.Description = c.text("description")
	}
	probe := c.group
	for _, p := range c.projects {
		if p.Namespace.inside(probe) && rank(p.Visibility) > rank(next.Visibility) {
			return reply{}, groupFailure("visibility_level", next.Visibility+" is not allowed since this group contains projects with higher visibility.")
		}
	}
	before := *probe
	probe.Name, probe.Path, probe.Visibility, probe.Description = next.Name, next.Path, next.Visibility, next.Description
	if err := c.groupProblems(probe); err != nil {
		*probe = before
		return reply{}, err
	}
	c.groupSettings(probe)
	probe.Updated = c.clock()
	return ok(c.groupView(probe))
}

func (c *call) deleteGroup() (reply, error) {
	c.projects = slices.DeleteFunc(c.projects, func(p *Project) bool { return p.Namespace.inside(c.group) })
	c.namespaces = slices.DeleteFunc(c.namespaces, func(n *Namespace) bool { return n.inside(c.group) })
	return reply{http.StatusAccepted, object{"message": "202 Accepted"}}, nil
}

func (c *call) transferGroup() (reply, error) {
	var to *Namespace
	if id := c.number("group_id"); id != 0 {
		if to = c.namespaceByID(id); to == nil || to.User != nil {
			return reply{}, missing("Group")
		}
		if c.groupLevel(c.doer, to) < Maintainer || to.inside(c.group) {
			return reply{}, refuse(http.StatusBadRequest, "Transfer failed: You don't have enough permissions.")
		}
	}
	c.moveRedirects(func(p *Project) bool { return p.Namespace.inside(c.group) })
	c.group.Parent = to
	return created(c.groupView(c.group))
}

// moveRedirects remembers the paths of projects that are about to move.
func (m *Model) moveRedirects(which func(*Project) bool) {
	for _, p := range m.projects {
		if which(p) {
			m.moved[strings.ToLower(p.FullPath())] = p
		}
	}
}
