package gitlabtest

import (
	"slices"
	"strconv"
	"strings"
)

func namespaceRoutes(add adding) {
	add("GET namespaces", signedIn(), (*call).listNamespaces)
	add("GET namespaces/{namespace}", signedIn(), func(c *call) (reply, error) {
		n := c.namespaceByID(c.number("namespace"))
		if n == nil {
			n = c.namespace(c.r.PathValue("namespace"))
		}
		if n == nil || !c.inNamespace(n) {
			return reply{}, missing("Namespace")
		}
		return ok(c.fullNamespace(n))
	})
	add("GET namespaces/{namespace}/exists", signedIn(), (*call).namespaceExists)
}

func (c *call) inNamespace(n *Namespace) bool {
	if n.User != nil {
		return c.doer.Admin || n.User == c.doer
	}
	return c.groupLevel(c.doer, n) >= Guest
}

func (c *call) fullNamespace(n *Namespace) object {
	v := c.namespaceView(n)
	if n.User == nil && c.groupLevel(c.doer, n) >= Maintainer {
		v["members_count_with_descendants"] = len(n.Members)
	}
	if n.Parent == nil && c.groupLevel(c.doer, n) >= Owner {
		count := 0
		for _, p := range c.projects {
			if p.Namespace.inside(n) {
				count++
			}
		}
		v["projects_count"] = count
	}
	return v
}

func (c *call) listNamespaces() (reply, error) {
	search := strings.ToLower(c.text("search"))
	var all []*Namespace
	for _, n := range c.namespaces {
		if c.inNamespace(n) && strings.Contains(strings.ToLower(n.FullPath()+" "+n.Name), search) && (!c.on("owned_only") || n.User == c.doer || c.groupLevel(c.doer, n) >= Owner) {
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b *Namespace) int { return strings.Compare(a.FullPath(), b.FullPath()) })
	return ok(list(page(c, all), c.fullNamespace))
}

func (c *call) namespaceExists() (reply, error) {
	path := c.r.PathValue("namespace")
	full := path
	if parent := c.namespaceByID(c.number("parent_id")); parent != nil {
		full = parent.FullPath() + "/" + path
	}
	v := object{"exists": false, "suggests": []string{}}
	if c.namespace(full) != nil {
		v["exists"] = true
		for n := 1; ; n++ {
			if other := full + strconv.Itoa(n); c.namespace(other) == nil {
				v["suggests"] = []string{path + strconv.Itoa(n)}
				break
			}
		}
	}
	return ok(v)
}
