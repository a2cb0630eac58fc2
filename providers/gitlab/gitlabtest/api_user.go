package gitlabtest

import (
	"maps"
	"slices"
	"strings"
)

func userRoutes(add adding) {
	add("GET user", signedIn(), func(c *call) (reply, error) { return ok(c.ownView(c.doer)) })
	add("GET users", anyone(), (*call).listUsers)
	add("POST users", site(), (*call).createUser)
	add("GET users/{user}", anyone(), func(c *call) (reply, error) {
		u := c.userByID(c.number("user"))
		if u == nil {
			return reply{}, missing("User")
		}
		return ok(c.profile(u))
	})
	add("GET users/{user}/projects", anyone(), func(c *call) (reply, error) {
		u := c.userByID(c.number("user"))
		if u == nil {
			u = c.user(c.r.PathValue("user"))
		}
		if u == nil {
			return reply{}, missing("User")
		}
		return ok(c.projectPage(c.visible(func(p *Project) bool { return p.Namespace.User == u })))
	})
}

// ownView is what somebody sees of themselves.
func (c *call) ownView(u *User) object {
	v := c.profile(u)
	maps.Copy(v, object{
		"last_sign_in_at": nil, "confirmed_at": stamp(u.Created), "last_activity_on": day(c.clock()), "email": u.Email, "theme_id": 3, "color_scheme_id": 1,
		"projects_limit": 100000, "current_sign_in_at": nil, "identities": []object{}, "can_create_group": !u.CannotGroup, "can_create_project": !u.CannotProjects,
		"two_factor_enabled": false, "external": u.External, "private_profile": false, "commit_email": u.Email, "shared_runners_minutes_limit": nil,
		"extra_shared_runners_minutes_limit": nil, "scim_identities": []object{}, "preferred_language": "en",
	})
	if u.Admin {
		v["is_admin"], v["note"], v["namespace_id"], v["created_by"] = true, nil, u.Namespace.ID, nil
		v["email_reset_offered_at"], v["highest_role"], v["current_sign_in_ip"], v["last_sign_in_ip"] = nil, Owner, nil, nil
	}
	return v
}

// profile is what others see of somebody; administrators see more.
func (c *call) profile(u *User) object {
	v := c.userObject(u)
	maps.Copy(v, object{
		"created_at": stamp(u.Created), "bio": "", "location": "", "linkedin": "", "skype": "", "twitter": "", "discord": "", "github": "", "website_url": "", "organization": "",
		"job_title": "", "pronouns": nil, "bot": u.Bot, "work_information": nil, "local_time": nil,
	})
	if c.doer == nil {
		delete(v, "created_at")
		return v
	}
	v["followers"], v["following"], v["is_followed"] = 0, 0, false
	if c.doer.Admin {
		maps.Copy(v, object{
			"email": u.Email, "is_admin": u.Admin, "namespace_id": u.Namespace.ID, "note": nil, "external": u.External, "can_create_group": !u.CannotGroup,
			"can_create_project": !u.CannotProjects, "two_factor_enabled": false, "identities": []object{}, "projects_limit": 100000,
			"last_activity_on": nil, "confirmed_at": stamp(u.Created), "last_sign_in_at": nil, "current_sign_in_at": nil, "created_by": nil,
		})
	}
	return v
}

// listUsers finds users. A whole address finds the one whose public address it is;
// administrators find by any.
func (c *call) listUsers() (reply, error) {
	search, name := strings.ToLower(c.text("search")), c.text("username")
	if c.doer == nil && name == "" {
		return reply{}, unauthorized()
	}
	var all []*User
	for _, u := range c.users {
		switch {
		case c.has("username") && !strings.EqualFold(u.Username, name):
		case c.has("search") && !c.matches(u, search):
		case c.on("active") && (u.State != "active" || u.Bot), c.on("blocked") && u.State != "blocked":
		case c.has("public_email") && !strings.EqualFold(u.PublicEmail, c.text("public_email")):
		case c.on("humans") && u.Bot, c.on("without_project_bots") && u.Bot:
		default:
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return int(b.ID - a.ID) })
	one := c.userObject
	if c.doer != nil && c.doer.Admin {
		one = c.profile
	}
	return ok(list(keyset(c, all, func(u *User) string { return itoa(u.ID) }), one))
}

func (c *call) matches(u *User, search string) bool {
	if strings.Contains(search, "@") {
		return strings.EqualFold(u.PublicEmail, search) || c.doer != nil && c.doer.Admin && strings.EqualFold(u.Email, search)
	}
	return strings.Contains(strings.ToLower(u.Username), search) || strings.Contains(strings.ToLower(u.Name), search)
}

func (c *call) createUser() (reply, error) {
	if err := c.needs("email", "name", "username"); err != nil {
		return reply{}, err
	}
	for _, u := range c.users {
		if strings.EqualFold(u.Email, c.text("email")) {
			return reply{}, conflict("Email has already been taken")
		}
	}
	if c.namespace(c.text("username")) != nil {
		return reply{}, conflict("Username has already been taken")
	}
	u := c.addUser(&User{Username: c.text("username"), Name: c.text("name"), Email: c.text("email"), PublicEmail: c.text("public_email"), Admin: c.on("admin"), External: c.on("external")})
	return created(c.profile(u))
}
