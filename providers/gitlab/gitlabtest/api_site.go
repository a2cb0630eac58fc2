package gitlabtest

import (
	"slices"
	"strings"
)

func siteRoutes(add adding) {
	add("GET version", signedIn(), func(c *call) (reply, error) {
		return ok(object{"version": c.s.version, "revision": digest(c.s.version)[:11]})
	})
	add("GET metadata", signedIn(), func(c *call) (reply, error) {
		return ok(object{
			"version": c.s.version, "revision": digest(c.s.version)[:11], "enterprise": false,
			"kas": object{"enabled": false, "externalUrl": nil, "externalK8sProxyUrl": nil, "version": nil},
		})
	})
	add("GET personal_access_tokens/self", signedIn(), func(c *call) (reply, error) {
		t := c.token
		return ok(object{
			"id": t.id, "name": t.name, "revoked": t.revoked, "created_at": stamp(t.created), "description": nil, "scopes": t.scopes,
			"user_id": t.user.ID, "last_used_at": stamp(c.clock()), "active": !t.revoked, "expires_at": day(t.expires), "last_used_ips": []string{"127.0.0.1"},
		})
	})
	add("GET application/plan_limits", site(), func(*call) (reply, error) {
		return ok(object{"ci_pipeline_size": 0, "generic_packages_max_file_size": 5368709120, "storage_size_limit": 0})
	})
	add("GET topics", anyone(), func(c *call) (reply, error) {
		return ok(list(page(c, c.topics), c.topicView))
	})
	add("POST topics", site(), (*call).createTopic)
	add("GET topics/{topic}", anyone(), func(c *call) (reply, error) {
		for _, t := range c.topics {
			if t.ID == c.number("topic") {
				return ok(c.topicView(t))
			}
		}
		return reply{}, missing("")
	})
}

func (m *Model) topicView(t *Topic) object {
	n := 0
	for _, p := range m.projects {
		if slices.Contains(p.Topics, t.Name) {
			n++
		}
	}
	return object{"id": t.ID, "name": t.Name, "title": t.Title, "description": optional(t.Description), "total_projects_count": n, "organization_id": 1, "avatar_url": nil}
}

func (c *call) createTopic() (reply, error) {
	if err := c.needs("name", "title"); err != nil {
		return reply{}, err
	}
	for _, t := range c.topics {
		if strings.EqualFold(t.Name, c.text("name")) {
			return reply{}, invalid("name", "has already been taken")
		}
	}
	t := &Topic{ID: c.next("topic"), Name: c.text("name"), Title: c.text("title"), Description: c.text("description")}
	c.topics = append(c.topics, t)
	return created(c.topicView(t))
}

// setTopics gives a project topics, and makes those that are new.
func (m *Model) setTopics(p *Project, names []string) {
	p.Topics = nil
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(p.Topics, name) {
			continue
		}
		p.Topics = append(p.Topics, name)
		if !slices.ContainsFunc(m.topics, func(t *Topic) bool { return strings.EqualFold(t.Name, name) }) {
			m.topics = append(m.topics, &Topic{ID: m.next("topic"), Name: name, Title: name})
		}
	}
}
