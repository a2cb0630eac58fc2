package gitlabtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func memberRoutes(add adding) {
	for _, of := range []string{"projects", "groups"} {
		at := of + "/{id}/members"
		add("GET "+at, signedIn(), func(c *call) (reply, error) { return c.listMembers(*c.memberList()) })
		add("GET "+at+"/all", signedIn(), func(c *call) (reply, error) { return c.listMembers(c.allMembers()) })
		add("POST "+at, signedIn(), (*call).addMember)
		add("GET "+at+"/{user_id}", signedIn(), func(c *call) (reply, error) { return c.oneMember(*c.memberList()) })
		add("GET "+at+"/all/{user_id}", signedIn(), func(c *call) (reply, error) { return c.oneMember(c.allMembers()) })
		add("PUT "+at+"/{user_id}", signedIn(), (*call).editMember)
		add("DELETE "+at+"/{user_id}", signedIn(), (*call).removeMember)
	}
}

func (c *call) memberList() *[]*Member {
	if c.project != nil {
		return &c.project.Members
	}
	return &c.group.Members
}

// allMembers are the members with those of the groups around, each with the highest
// level that they have.
func (c *call) allMembers() []*Member {
	lists := [][]*Member{}
	around := c.group
	if c.project != nil {
		lists, around = append(lists, c.project.Members), c.project.Namespace
	}
	for _, n := range around.chain() {
		lists = append(lists, n.Members)
	}
	if around.User != nil {
		lists = append(lists, []*Member{{ID: 0, User: around.User, Level: Owner, Created: around.Created}})
	}
	best := map[*User]*Member{}
	var order []*User
	for _, l := range lists {
		for _, o := range l {
			if best[o.User] == nil {
				order = append(order, o.User)
			}
			if best[o.User] == nil || best[o.User].Level < o.Level {
				best[o.User] = o
			}
		}
	}
	var all []*Member
	for _, u := range order {
		all = append(all, best[u])
	}
	return all
}

func (c *call) listMembers(members []*Member) (reply, error) {
	query := strings.ToLower(c.text("query"))
	ids := c.numbers("user_ids")
	all := slices.DeleteFunc(slices.Clone(members), func(o *Member) bool {
		return query != "" && !c.matches(o.User, query) || len(ids) > 0 && !slices.Contains(ids, o.User.ID)
	})
	return ok(list(page(c, all), c.memberView))
}

func (c *call) memberNamed(members []*Member) *Member {
	for _, o := range members {
		if o.User.ID == c.number("user_id") {
			return o
		}
	}
	return nil
}

func (c *call) oneMember(members []*Member) (reply, error) {
	o := c.memberNamed(members)
	if o == nil {
		return reply{}, missing("")
	}
	return ok(c.memberView(o))
}

// mayInvite says up to which level whoever asks may give.
func (c *call) mayInvite() int {
	level := None
	if c.project != nil {
		level = c.level(c.doer, c.project)
	} else if level = c.groupLevel(c.doer, c.group); level < Owner {
		return None
	}
	if level < Maintainer {
		return None
	}
	return level
}

func (c *call) levelGiven() (int, error) {
	level := int(c.number("access_level"))
	if !slices.Contains([]int{Minimal, Guest, Planner, Reporter, Developer, Maintainer, Owner}, level) {
		return 0, invalid("access_level", "is not included in the list")
	}
	return level, nil
}

// inherited refuses a level below the one that somebody has from a group around.
func (c *call) inherited(u *User, level int) error {
	around := c.group.parent()
	if c.project != nil {
		around = c.project.Namespace
	}
	if around == nil || around.User != nil || c.groupMember(u, around) <= level {
		return nil
	}
	return invalid("access_level", "should be greater than or equal to "+levelName(c.groupMember(u, around))+" inherited membership from group "+around.FullName())
}

func (n *Namespace) parent() *Namespace {
	if n == nil {
		return nil
	}
	return n.Parent
}

func levelName(level int) string {
	return map[int]string{Minimal: "Minimal Access", Guest: "Guest", Planner: "Planner", Reporter: "Reporter", Developer: "Developer", Maintainer: "Maintainer", Owner: "Owner"}[level]
}

func (c *call) addMember() (reply, error) {
	if err := c.needs("access_level"); err != nil {
		return reply{}, err
	}
	if !c.any("user_id", "username") {
		return reply{}, malformed("user_id, username are missing, exactly one parameter must be provided")
	}
	may := c.mayInvite()
	if may == None {
		return reply{}, forbidden("")
	}
	level, err := c.levelGiven()
	if err != nil {
		return reply{}, err
	}
	if level > may {
		return reply{}, forbidden("")
	}
	u := c.userByID(c.number("user_id"))
	if u == nil {
		u = c.user(c.text("username"))
	}
	if u == nil {
		return reply{}, missing("User")
	}
	at := c.memberList()
	if slices.ContainsFunc(*at, func(o *Member) bool { return o.User == u }) {
		return reply{}, refuse(http.StatusConflict, "Member already exists")
	}
	if c.project != nil && c.project.Namespace.User == u {
		return reply{}, refuse(http.StatusConflict, "Member already exists")
	}
	if err := c.inherited(u, level); err != nil {
		return reply{}, err
	}
	o := c.newMember(u, level, c.doer)
	if err := c.expiry(o); err != nil {
		return reply{}, err
	}
	*at = append(*at, o)
	c.notify(Notified{User: u.Username, Why: "member", Mail: true})
	return created(c.memberView(o))
}

func (c *call) expiry(o *Member) error {
	if !c.has("expires_at") {
		return nil
	}
	text := c.text("expires_at")
	o.Expires = timeOf(text)
	if text != "" && o.Expires.Before(c.clock().Truncate(24*time.Hour)) {
		return invalid("expires_at", "cannot be a date in the past")
	}
	return nil
}

func (c *call) editMember() (reply, error) {
	o := c.memberNamed(*c.memberList())
	if o == nil {
		return reply{}, missing("")
	}
	may := c.mayInvite()
	level, err := c.levelGiven()
	if err != nil {
		return reply{}, err
	}
	if may == None || level > may || o.Level > may {
		return reply{}, forbidden("")
	}
	if err := c.inherited(o.User, level); err != nil {
		return reply{}, err
	}
	if err := c.expiry(o); err != nil {
		return reply{}, err
	}
	o.Level = level
	return ok(c.memberView(o))
}

func (c *call) removeMember() (reply, error) {
	at := c.memberList()
	o := c.memberNamed(*at)
	if o == nil {
		return reply{}, missing("")
	}
	if c.mayInvite() < o.Level && o.User != c.doer {
		return reply{}, forbidden("")
	}
	*at = slices.DeleteFunc(*at, func(other *Member) bool { return other == o })
	return none()
}
