package gitlabtest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

func protectionRoutes(add adding) {
	for _, of := range []string{"branches", "tags"} {
		at := "projects/{id}/protected_" + of
		add("GET "+at, atLeast(Developer), func(c *call) (reply, error) { return ok(list(page(c, *c.rules(of)), ruleView(of))) })
		add("POST "+at, atLeast(Maintainer), func(c *call) (reply, error) { return c.protect(of) })
		one := func(pattern string, n need, do func(*call, *ProtectedRef) (reply, error)) {
			method, rest, _ := strings.Cut(pattern, " ")
			add(method+" "+at+"/{name}"+rest, n, func(c *call) (reply, error) {
				for _, r := range *c.rules(of) {
					if r.Name == c.r.PathValue("name") {
						return do(c, r)
					}
				}
				return reply{}, missing("")
			})
		}
		one("GET", atLeast(Developer), func(c *call, r *ProtectedRef) (reply, error) { return ok(ruleView(of)(r)) })
		one("DELETE", atLeast(Maintainer), func(c *call, r *ProtectedRef) (reply, error) {
			rules := c.rules(of)
			*rules = slices.DeleteFunc(*rules, func(o *ProtectedRef) bool { return o == r })
			return none()
		})
		if of == "branches" {
			one("PATCH", atLeast(Maintainer), (*call).editProtection)
		}
	}
}

func (c *call) rules(of string) *[]*ProtectedRef {
	if of == "tags" {
		return &c.project.ProtectedTags
	}
	return &c.project.ProtectedBranches
}

func ruleView(of string) func(*ProtectedRef) object {
	return func(r *ProtectedRef) object {
		if of == "tags" {
			return object{"name": r.Name, "create_access_levels": list(r.Push, accessView)}
		}
		return object{
			"id": r.ID, "name": r.Name, "push_access_levels": list(r.Push, accessView), "merge_access_levels": list(r.Merge, accessView),
			"allow_force_push": r.Force, "unprotect_access_levels": list(r.Unprotect, accessView), "code_owner_approval_required": r.CodeOwner, "inherited": false,
		}
	}
}

func accessView(a *AccessRule) object {
	v := object{"id": a.ID, "access_level": a.Level, "access_level_description": levelDescription(a.Level), "deploy_key_id": nil, "user_id": nil, "group_id": nil}
	if a.User != nil {
		v["user_id"], v["access_level_description"] = a.User.ID, a.User.Name
	}
	if a.Group != nil {
		v["group_id"], v["access_level_description"] = a.Group.ID, a.Group.Name
	}
	return v
}

func levelDescription(level int) string {
	switch level {
	case 0:
		return "No one"
	case Developer:
		return "Developers + Maintainers"
	case 60:
		return "Administrators"
	}
	return "Maintainers"
}

func (c *call) protect(of string) (reply, error) {
	if err := c.needs("name"); err != nil {
		return reply{}, err
	}
	for _, name := range []string{"push_access_level", "merge_access_level", "create_access_level"} {
		if err := c.oneOf(name, "0", "30", "40", "60"); err != nil {
			return reply{}, err
		}
	}
	r := &ProtectedRef{ID: c.next("protected " + of), Name: c.text("name"), Force: c.on("allow_force_push"), CodeOwner: c.on("code_owner_approval_required")}
	if r.Name == "" {
		return reply{}, refuse(http.StatusUnprocessableEntity, []string{"Name can't be blank"})
	}
	if slices.ContainsFunc(*c.rules(of), func(o *ProtectedRef) bool { return o.Name == r.Name }) {
		if of == "branches" {
			return reply{}, refuse(http.StatusConflict, "Protected branch '"+r.Name+"' already exists")
		}
		return reply{}, refuse(http.StatusUnprocessableEntity, []string{"Name has already been taken"})
	}
	if of == "tags" {
		r.Push = c.accessRules("create_access_level", "allowed_to_create", nil)
	} else {
		r.Push = c.accessRules("push_access_level", "allowed_to_push", nil)
		r.Merge = c.accessRules("merge_access_level", "allowed_to_merge", nil)
		if c.any("unprotect_access_level", "allowed_to_unprotect") {
			r.Unprotect = c.accessRules("unprotect_access_level", "allowed_to_unprotect", nil)
		}
	}
	rules := c.rules(of)
	*rules = append(*rules, r)
	return created(ruleView(of)(r))
}

// accessRules read a level, or a list of levels, users and groups; without either
// maintainers are let through. Of the rules that were there, the list says which
// stay as they are.
func (c *call) accessRules(level, list string, had []*AccessRule) []*AccessRule {
	rules := slices.Clone(had)
	for _, o := range c.objects(list) {
		id := numberOf(textOf(o["id"]))
		if truthy(o["_destroy"]) {
			rules = slices.DeleteFunc(rules, func(r *AccessRule) bool { return r.ID == id })
			continue
		}
		at := slices.IndexFunc(rules, func(r *AccessRule) bool { return id != 0 && r.ID == id })
		r := &AccessRule{ID: c.next("access rule"), Level: Maintainer}
		if at >= 0 {
			r = rules[at]
		} else {
			rules = append(rules, r)
		}
		if v, given := o["access_level"]; given {
			r.Level = int(numberOf(textOf(v)))
		}
		r.User, r.Group = cmp.Or(c.userByID(numberOf(textOf(o["user_id"]))), r.User), cmp.Or(c.namespaceByID(numberOf(textOf(o["group_id"]))), r.Group)
	}
	switch {
	case c.has(level):
		return append(rules, c.accessRule(int(c.number(level))))
	case len(rules) == 0 && !c.has(list):
		return []*AccessRule{c.accessRule(Maintainer)}
	}
	return rules
}

func (c *call) editProtection(r *ProtectedRef) (reply, error) {
	if c.has("allow_force_push") {
		r.Force = c.on("allow_force_push")
	}
	if c.has("code_owner_approval_required") {
		r.CodeOwner = c.on("code_owner_approval_required")
	}
	for name, at := range map[string]*[]*AccessRule{"allowed_to_push": &r.Push, "allowed_to_merge": &r.Merge, "allowed_to_unprotect": &r.Unprotect} {
		if c.has(name) {
			*at = c.accessRules("", name, *at)
		}
	}
	return ok(ruleView("branches")(r))
}

// branchAllowed refuses a change of a protected branch by the API.
func (c *call) branchAllowed(name string) error {
	for _, r := range rulesOf(c.project.ProtectedBranches, name) {
		if !c.passes(c.doer, c.project, r.Push) {
			return refuse(http.StatusForbidden, "403 Forbidden - You are not allowed to push into this branch")
		}
	}
	return nil
}

// tagAllowed refuses to make a protected tag.
func (c *call) tagAllowed(name string) error {
	for _, r := range rulesOf(c.project.ProtectedTags, name) {
		if !c.passes(c.doer, c.project, r.Push) {
			return forbidden("")
		}
	}
	return nil
}
