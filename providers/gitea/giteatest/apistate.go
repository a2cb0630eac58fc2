package giteatest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// issueStateRoutes are about what is done to issues beside their texts.
func issueStateRoutes(below adding) {
	below("PUT", "issues/{index}/lock", admin(), func(c *call) (reply, error) { return c.setLock(true) })
	below("DELETE", "issues/{index}/lock", admin(), func(c *call) (reply, error) { return c.setLock(false) })
	below("POST", "issues/{index}/pin", admin(), (*call).pin)
	below("DELETE", "issues/{index}/pin", admin(), (*call).unpin)
	below("PATCH", "issues/{index}/pin/{position}", admin(), (*call).movePin)
	below("POST", "issues/{index}/deadline", signedIn(), (*call).deadline)
	below("GET", "issues/{index}/dependencies", anyone(), func(c *call) (reply, error) { return c.listDependencies(false) })
	below("POST", "issues/{index}/dependencies", live(), func(c *call) (reply, error) { return c.depend(true, false) })
	below("DELETE", "issues/{index}/dependencies", live(), func(c *call) (reply, error) { return c.depend(false, false) })
	below("GET", "issues/{index}/blocks", anyone(), func(c *call) (reply, error) { return c.listDependencies(true) })
	below("POST", "issues/{index}/blocks", signedIn(), func(c *call) (reply, error) { return c.depend(true, true) })
	below("DELETE", "issues/{index}/blocks", signedIn(), func(c *call) (reply, error) { return c.depend(false, true) })
	below("GET", "issues/{index}/subscriptions", anyone(), (*call).listSubscribers)
	below("GET", "issues/{index}/subscriptions/check", signedIn(), (*call).checkSubscription)
	below("PUT", "issues/{index}/subscriptions/{username}", signedIn(), func(c *call) (reply, error) { return c.subscribe(true) })
	below("DELETE", "issues/{index}/subscriptions/{username}", signedIn(), func(c *call) (reply, error) { return c.subscribe(false) })
	below("GET", "issues/{index}/times", signedIn(), func(c *call) (reply, error) {
		i, err := c.issue()
		if err != nil {
			return reply{}, err
		}
		return ok(list(page(c, i.Times, false), func(t *TrackedTime) object { return c.timeView(i, t, c.doer) }))
	})
	below("POST", "issues/{index}/times", signedIn(), (*call).addTime)
}

func (c *call) setLock(on bool) (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Reason string `json:"lock_reason"`
	}
	if len(c.body) > 0 {
		if err := c.read(&o); err != nil {
			return reply{}, err
		}
	}
	if i.Locked != on {
		i.Locked = on
		kind := "unlock"
		if on {
			kind = "lock"
		}
		c.add(i, &Entry{Kind: kind, User: c.repo.Owner, Body: o.Reason}) // it is said to be the owner who does it
	}
	return none()
}

// pinned are the pinned issues or pull requests, in their order.
func (c *call) pinned(pulls bool) []*Issue {
	var all []*Issue
	for _, i := range c.repo.issues() {
		if i.Pin > 0 && (i.Pull != nil) == pulls {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *Issue) int { return cmp.Compare(a.Pin, b.Pin) })
	return all
}

func (c *call) listPinned() (reply, error) {
	return ok(list(c.pinned(false), func(i *Issue) object { return c.issueView(i, c.doer) }))
}

const maxPins = 3

func (c *call) pin() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	have := c.pinned(i.Pull != nil)
	if i.Pin > 0 {
		return none()
	}
	if len(have) >= maxPins {
		return reply{}, refuse(http.StatusInternalServerError, "the max number of pinned issues has been readched")
	}
	if len(have) > 0 {
		i.Pin = have[len(have)-1].Pin
	}
	i.Pin++
	c.add(i, &Entry{Kind: "pin", User: c.doer})
	return none()
}

func (c *call) unpin() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	if i.Pin == 0 {
		return none()
	}
	i.Pin = 0 // the others keep their places
	c.add(i, &Entry{Kind: "unpin", User: c.doer})
	return none()
}

func (c *call) movePin() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	order := c.pinned(i.Pull != nil)
	to := int(c.number("position"))
	if i.Pin == 0 || to < 1 || to > len(order) {
		return reply{}, missing("")
	}
	order = slices.DeleteFunc(order, func(o *Issue) bool { return o == i })
	for n, o := range slices.Insert(order, to-1, i) {
		o.Pin = n + 1
	}
	return none()
}

func (c *call) deadline() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Due *time.Time `json:"due_date"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if !c.writes(i) {
		return reply{}, refuse(http.StatusForbidden, "Not repo writer")
	}
	due := time.Time{}
	if o.Due != nil {
		due = endOfDay(*o.Due)
	}
	c.setDue(i, due)
	return created(object{"due_date": stamp(due)})
}

// listDependencies lists what an issue waits for, or what waits for it.
func (c *call) listDependencies(blocks bool) (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var all []*Issue
	for _, r := range c.repoList() {
		for _, o := range r.issues() {
			if (blocks && o.DependsOn[i] || !blocks && i.DependsOn[o]) && c.access(c.doer, r, o.unit()) >= Read {
				all = append(all, o)
			}
		}
	}
	if !blocks {
		all = page(c, all, false)
	}
	return ok(list(all, func(o *Issue) object { return c.issueView(o, c.doer) }))
}

// depend makes an issue wait for another, or no longer; back turns the two
// around.
func (c *call) depend(on, back bool) (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Index       int64
		Owner, Repo string
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	r := c.repo
	if o.Owner != "" {
		r = c.Model.repo(o.Owner, o.Repo)
	}
	var other *Issue
	if r != nil && c.access(c.doer, r, "") > None {
		other = r.Issues[o.Index]
	}
	if other == nil {
		return reply{}, missing("IsErrIssueNotExist", fmt.Sprintf("issue does not exist [id: 0, repo_id: %d, index: %d]", c.repo.ID, o.Index))
	}
	if !c.writes(i) {
		return reply{}, missing("")
	}
	waits, for_ := i, other
	if back {
		waits, for_ = other, i
	}
	if err := c.setDependency(waits, for_, on); err != nil {
		return reply{}, err
	}
	return created(c.issueView(i, c.doer))
}

func (c *call) setDependency(waits, other *Issue, on bool) error {
	have := waits.DependsOn[other]
	switch {
	case on && have:
		return refuse(http.StatusInternalServerError, "issue dependency does already exist [issue id: %d, dependency id: %d]", waits.ID, other.ID)
	case on && other.DependsOn[waits]:
		return refuse(http.StatusInternalServerError, "circular dependencies exists (two issues blocking each other) [issue id: %d, dependency id: %d]", waits.ID, other.ID)
	case !on && !have:
		return refuse(http.StatusInternalServerError, "issue dependency does not exist [issue id: %d, dependency id: %d]", waits.ID, other.ID)
	}
	kind := "remove_dependency"
	if on {
		waits.DependsOn[other], kind = true, "add_dependency"
	} else {
		delete(waits.DependsOn, other)
	}
	c.add(waits, &Entry{Kind: kind, User: c.doer, Other: other})
	c.add(other, &Entry{Kind: kind, User: c.doer, Other: waits})
	return nil
}

func (c *call) listSubscribers() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	set := map[*User]bool{}
	for u, on := range i.Subscribed {
		if on {
			set[u] = true
		}
	}
	return ok(userList(c.Model, page(c, sortedUsers(set), false), c.doer))
}

func (c *call) checkSubscription() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	on, said := i.Subscribed[c.doer]
	if !said {
		on = c.repo.Watchers[c.doer] || i.participant(c.doer)
	}
	return ok(object{"subscribed": on, "ignored": !on, "reason": nil, "created_at": stamp(i.Created),
		"url": c.repoAPI(c.repo, "/issues/"+itoa(i.Number)+"/subscriptions"), "repository_url": c.repoAPI(c.repo, "")})
}

func (c *call) subscribe(on bool) (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	u := c.user(c.params["username"])
	if u == nil {
		return reply{}, missing("")
	}
	if u != c.doer && !c.doer.Admin {
		return reply{}, refuse(http.StatusForbidden, "%s is not permitted to change subscriptions for %s", c.doer.Login, u.Login)
	}
	have, said := i.Subscribed[u]
	if !said {
		have = c.repo.Watchers[u] || i.participant(u)
	}
	if have == on {
		return reply{http.StatusOK, nil}, nil
	}
	i.Subscribed[u] = on
	return reply{http.StatusCreated, nil}, nil
}

func (c *call) addTime() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Time    int64      `json:"time"`
		Created *time.Time `json:"created"`
		User    string     `json:"user_name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	t := &TrackedTime{ID: c.next("time"), User: c.doer, Seconds: o.Time, Created: c.clock()}
	if u := c.user(o.User); u != nil && c.access(c.doer, c.repo, "") >= Administer {
		t.User = u
	}
	if o.Created != nil {
		t.Created = o.Created.UTC()
	}
	i.Times = append(i.Times, t)
	c.add(i, &Entry{Kind: "add_time_manual", User: c.doer, Time: t, Body: "|" + itoa(t.Seconds)})
	return ok(c.timeView(i, t, c.doer))
}
