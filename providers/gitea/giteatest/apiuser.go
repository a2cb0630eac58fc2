package giteatest

import (
	"net/http"
	"slices"
	"strings"
)

func userRoutes(add adding) {
	add("GET", "user", signedIn(), func(c *call) (reply, error) { return ok(c.userView(c.doer, c.doer)) })
	add("GET", "user/orgs", signedIn(), func(c *call) (reply, error) { return c.listOrgsOf(c.doer) })
	add("GET", "user/repos", signedIn(), (*call).listMyRepos)
	add("POST", "user/repos", signedIn(), func(c *call) (reply, error) { return c.createRepo(c.doer) })
	add("GET", "user/teams", signedIn(), func(c *call) (reply, error) {
		var mine []*Team
		for _, t := range c.teams {
			if t.Members[c.doer] {
				mine = append(mine, t)
			}
		}
		return ok(list(page(c, mine, false), func(t *Team) object { return c.teamView(t, true) }))
	})
	add("GET", "users/search", anyone(), (*call).searchUsers)
	add("GET", "users/{username}", anyone(), (*call).getUser)
	add("GET", "users/{username}/orgs", anyone(), func(c *call) (reply, error) {
		u, err := c.named()
		if err != nil {
			return reply{}, err
		}
		return c.listOrgsOf(u)
	})
	add("GET", "users/{username}/orgs/{org}/permissions", signedIn(), (*call).orgPermissions)
	add("GET", "users/{username}/repos", anyone(), func(c *call) (reply, error) {
		u, err := c.named()
		if err != nil {
			return reply{}, err
		}
		return c.listReposOf(u)
	})
	add("GET", "admin/users", site(), (*call).listUsers)
	add("POST", "admin/users", site(), (*call).createUser)
	add("PATCH", "admin/users/{username}", site(), (*call).editUser)
	add("DELETE", "admin/users/{username}", site(), (*call).deleteUser)
	add("POST", "admin/users/{username}/orgs", site(), func(c *call) (reply, error) {
		u, err := c.named()
		if err != nil {
			return reply{}, err
		}
		return c.createOrg(u)
	})
	add("POST", "admin/users/{username}/repos", site(), func(c *call) (reply, error) {
		u, err := c.named()
		if err != nil {
			return reply{}, err
		}
		return c.createRepo(u)
	})
	add("POST", "users/{username}/tokens", anyone(), (*call).createToken)
}

// named is the user in the path.
func (c *call) named() (*User, error) {
	u := c.user(c.params["username"])
	if u == nil {
		return nil, refuse(http.StatusNotFound, "user redirect does not exist [name: %s]", c.params["username"])
	}
	return u, nil
}

func (c *call) getUser() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	if u.Visibility == "private" && (c.doer == nil || !c.doer.Admin && c.doer != u) {
		return reply{}, missing("GetUserByName", "user redirect does not exist [name: "+u.Login+"]")
	}
	return ok(c.userView(u, c.doer))
}

func (c *call) searchUsers() (reply, error) {
	q := strings.ToLower(c.query.Get("q"))
	var found []*User
	for _, u := range c.users {
		if u.Organization || u.Visibility == "private" && (c.doer == nil || !c.doer.Admin) {
			continue
		}
		byMail := c.doer != nil && strings.EqualFold(u.Email, q)
		if strings.Contains(strings.ToLower(u.Login), q) || strings.Contains(strings.ToLower(u.FullName), q) || byMail {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	return ok(object{"ok": true, "data": userList(c.Model, page(c, found, true), c.doer)})
}

func (c *call) listUsers() (reply, error) {
	var people []*User
	for _, u := range c.users {
		if !u.Organization {
			people = append(people, u)
		}
	}
	slices.SortFunc(people, func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	return ok(userList(c.Model, page(c, people, true), c.doer))
}

// userOptions are what an administrator says of a user.
type userOptions struct {
	Username   string  `json:"username"`
	Email      string  `json:"email"`
	FullName   *string `json:"full_name"`
	Password   string  `json:"password"`
	Restricted *bool   `json:"restricted"`
	Visibility string  `json:"visibility"`
	Active     *bool   `json:"active"`
	Admin      *bool   `json:"admin"`
	NoLogin    *bool   `json:"prohibit_login"`
	Website    *string `json:"website"`
	Location   *string `json:"location"`
	About      *string `json:"description"`
}

func (o *userOptions) apply(u *User) {
	for at, text := range map[*string]*string{&u.FullName: o.FullName, &u.Website: o.Website, &u.Location: o.Location, &u.Description: o.About} {
		if text != nil {
			*at = *text
		}
	}
	for at, on := range map[*bool]*bool{&u.Restricted: o.Restricted, &u.Admin: o.Admin, &u.NoLogin: o.NoLogin} {
		if on != nil {
			*at = *on
		}
	}
	if o.Active != nil {
		u.Inactive = !*o.Active
	}
	if o.Visibility != "" {
		u.Visibility = o.Visibility
	}
	if o.Email != "" {
		u.Email = o.Email
	}
	if o.Password != "" {
		u.password = o.Password
	}
}

func (c *call) createUser() (reply, error) {
	var o userOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Username", o.Username, "Email", o.Email); err != nil {
		return reply{}, err
	}
	if c.user(o.Username) != nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "user already exists [name: %s]", o.Username)
	}
	if c.byEmail(o.Email) != nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "e-mail already in use [email: %s]", o.Email)
	}
	u := &User{Login: o.Username}
	o.apply(u)
	return created(c.userView(c.addUser(u), c.doer))
}

func (c *call) editUser() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	var o userOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	o.apply(u)
	return ok(c.userView(u, c.doer))
}

func (c *call) deleteUser() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	for _, r := range c.repos {
		if r.Owner == u {
			return reply{}, refuse(http.StatusUnprocessableEntity, "user still has ownership of repositories [uid: %d]", u.ID)
		}
	}
	if u == c.doer {
		return reply{}, refuse(http.StatusUnprocessableEntity, "you cannot delete yourself")
	}
	c.users = slices.DeleteFunc(c.users, func(o *User) bool { return o == u })
	return none()
}

// createToken makes a token for somebody who says their password.
func (c *call) createToken() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	if _, _, basic := c.r.BasicAuth(); !basic {
		return reply{}, refuse(http.StatusUnauthorized, "auth required")
	}
	if c.doer != u && !c.doer.Admin {
		return reply{}, refuse(http.StatusForbidden, "doer should be the site admin or be same as the contextUser")
	}
	var o struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	for _, t := range u.tokens {
		if t.name == o.Name {
			return reply{}, refuse(http.StatusBadRequest, "access token name has been used already")
		}
	}
	if len(o.Scopes) == 0 {
		return reply{}, refuse(http.StatusBadRequest, "access token must have a scope")
	}
	text := c.Model.token(u, o.Name)
	t := u.tokens[len(u.tokens)-1]
	t.scopes = o.Scopes
	return created(object{"id": t.id, "name": t.name, "sha1": text, "token_last_eight": text[len(text)-8:], "scopes": t.scopes,
		"created_at": stamp(c.clock()), "last_used_at": stamp(c.clock())})
}
