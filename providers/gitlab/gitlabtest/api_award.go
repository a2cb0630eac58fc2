package gitlabtest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// awarded is something that has award emoji.
type awarded struct {
	kind string
	id   int64
	item *Item
	list *[]*Award
}

func awardRoutes(add adding) {
	for _, of := range []string{"issues", "merge_requests", "snippets"} {
		for _, below := range []string{"", "/notes/{note}"} {
			route := func(pattern string, do func(*call, awarded) (reply, error)) {
				method, rest, _ := strings.Cut(pattern, " ")
				itemRoute(add, of, method+" "+below+"/award_emoji"+rest, signedIn(), func(c *call, i *Item) (reply, error) {
					if below == "" {
						return do(c, awarded{i.Kind, i.ID, i, &i.Awards})
					}
					n := i.note(c.number("note"))
					if n == nil || !c.readsNote(n) {
						return reply{}, missing("")
					}
					return do(c, awarded{"Note", n.ID, i, &n.Awards})
				})
			}
			route("GET", func(c *call, a awarded) (reply, error) { return ok(list(page(c, *a.list), c.awardView(a.kind, a.id))) })
			route("POST", (*call).award)
			route("GET /{award}", func(c *call, a awarded) (reply, error) {
				if o := a.find(c.number("award")); o != nil {
					return ok(c.awardView(a.kind, a.id)(o))
				}
				return reply{}, missing("")
			})
			route("DELETE /{award}", (*call).unaward)
		}
	}
}

func (a awarded) find(id int64) *Award {
	for _, o := range *a.list {
		if o.ID == id {
			return o
		}
	}
	return nil
}

var emojiForm = regexp.MustCompile(`^[a-z0-9_+-]+$`)

// award puts an emoji under something: once for each user and name, and with a name
// that GitLab knows. Only the form of the name is looked at here.
func (c *call) award(a awarded) (reply, error) {
	if err := c.needs("name"); err != nil {
		return reply{}, err
	}
	if a.item.Project != nil && (c.level(c.doer, a.item.Project) < Guest && !open(a.item.Project.Visibility, c.doer) || a.item.Locked && c.level(c.doer, a.item.Project) < Guest) {
		return reply{}, missing("Award Emoji")
	}
	name := map[string]string{"+1": "thumbsup", "-1": "thumbsdown"}[c.text("name")]
	if name == "" {
		name = c.text("name")
	}
	failed := func(problem string) (reply, error) {
		return reply{}, refuse(http.StatusNotFound, fmt.Sprintf("404 Award Emoji %s Not Found", problem))
	}
	if !emojiForm.MatchString(name) {
		return failed("Name is not included in the list")
	}
	if slices.ContainsFunc(*a.list, func(o *Award) bool { return o.User == c.doer && o.Name == name }) {
		return failed("Name has already been taken")
	}
	made := &Award{ID: c.next("award"), User: c.doer, Name: name, Created: c.clock()}
	*a.list = append(*a.list, made)
	return created(c.awardView(a.kind, a.id)(made))
}

func (c *call) unaward(a awarded) (reply, error) {
	o := a.find(c.number("award"))
	switch {
	case o == nil:
		return reply{}, missing("")
	case o.User != c.doer && !c.doer.Admin:
		return reply{}, unauthorized()
	}
	*a.list = slices.DeleteFunc(*a.list, func(other *Award) bool { return other == o })
	return none()
}
