package gitlabtest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// itemRoute adds a route of issues or merge requests.
func itemRoute(add adding, of, pattern string, n need, do func(*call, *Item) (reply, error)) {
	method, rest, _ := strings.Cut(pattern, " ")
	add(method+" projects/{id}/"+of+"/{iid}"+rest, n, func(c *call) (reply, error) {
		i, err := c.itemOf(of)
		if err != nil {
			return reply{}, err
		}
		return do(c, i)
	})
}

// itemOf finds the issue or merge request of the path.
func (c *call) itemOf(of string) (*Item, error) {
	switch of {
	case "issues":
		i, err := c.issueOf("iid")
		if err != nil {
			return nil, err
		}
		return &i.Item, nil
	case "merge_requests":
		r, err := c.mergeOf()
		if err != nil {
			return nil, err
		}
		return &r.Item, nil
	}
	s := c.snippetOf(c.number("iid"))
	if s == nil {
		return nil, missing("Snippet")
	}
	return &s.Item, nil
}

func eventRoutes(add adding) {
	for _, of := range []string{"issues", "merge_requests"} {
		for _, kind := range []string{"state", "label", "milestone"} {
			itemRoute(add, of, "GET /resource_"+kind+"_events", signedIn(), func(c *call, i *Item) (reply, error) {
				all := slices.DeleteFunc(slices.Clone(i.Events), func(e *Event) bool { return e.Kind != kind })
				return ok(list(page(c, all), func(e *Event) object { return c.eventView(i, e) }))
			})
		}
	}
}

func (c *call) eventView(i *Item, e *Event) object {
	v := object{"id": e.ID, "user": c.userView(e.User), "created_at": stamp(e.Created), "resource_type": i.Kind, "resource_id": i.ID}
	switch e.Kind {
	case "state":
		v["state"] = e.Action
	case "label":
		v["action"], v["label"] = e.Action, object{"id": e.Label.ID, "name": e.Label.Name, "color": e.Label.Color, "description": optional(e.Label.Description), "text_color": textColor(e.Label.Color)}
	case "milestone":
		v["action"], v["milestone"], v["state"] = e.Action, c.milestoneView(e.Milestone), i.State
	}
	return v
}

// timeRoutes add what is said of time spent.
func timeRoutes(add adding, of string) {
	write := func(rest string, status int, change func(*call, *Item) error) {
		itemRoute(add, of, "POST /"+rest, signedIn(), func(c *call, i *Item) (reply, error) {
			if !c.changes(c.doer, i) {
				return reply{}, forbidden("")
			}
			if err := change(c, i); err != nil {
				return reply{}, err
			}
			return reply{status, timeStats(i)}, nil
		})
	}
	itemRoute(add, of, "GET /time_stats", anyone(), func(c *call, i *Item) (reply, error) { return ok(timeStats(i)) })
	write("time_estimate", http.StatusOK, func(c *call, i *Item) error { return c.duration(&i.Estimate, false) })
	write("reset_time_estimate", http.StatusOK, func(c *call, i *Item) error { i.Estimate = 0; return nil })
	write("add_spent_time", http.StatusCreated, func(c *call, i *Item) error { return c.duration(&i.Spent, true) })
	write("reset_spent_time", http.StatusOK, func(c *call, i *Item) error { i.Spent = 0; return nil })
}

var durationForm = regexp.MustCompile(`(-?\d+)\s*(mo|w|d|h|m|s)`)

// duration reads a time such as "3h30m", in weeks of five days of eight hours.
func (c *call) duration(into *int64, add bool) error {
	if err := c.needs("duration"); err != nil {
		return err
	}
	sizes := map[string]int64{"mo": 4 * 5 * 8 * 3600, "w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60, "s": 1}
	var sum int64
	for _, part := range durationForm.FindAllStringSubmatch(c.text("duration"), -1) {
		n, _ := strconv.ParseInt(part[1], 10, 64)
		sum += n * sizes[part[2]]
	}
	if sum == 0 {
		return badRequest("duration is invalid")
	}
	if add {
		sum += *into
	}
	*into = sum
	return nil
}

// subscriptionRoutes add following and leaving an issue or a merge request.
func subscriptionRoutes(add adding, of string) {
	for word, on := range map[string]bool{"subscribe": true, "unsubscribe": false} {
		itemRoute(add, of, "POST /"+word, signedIn(), func(c *call, i *Item) (reply, error) {
			if c.subscribed(i) == on {
				return reply{http.StatusNotModified, nil}, nil
			}
			i.Subscribed[c.doer] = on
			if i.merge != nil {
				return created(c.wholeMerge(i.merge))
			}
			return created(c.issueView(i.issue))
		})
	}
}
