package gitlabtest

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// transfer is a direct transfer. It belongs to the model's lock, but for what does
// not change.
type transfer struct {
	id          int64
	s           *Server
	user        *User
	from        origin
	url         string
	status      string // created, started, finished, timeout, failed, canceled
	created     time.Time
	updated     time.Time
	hasFailures bool
	entities    []*entity
	ctx         context.Context
	cancel      context.CancelFunc
}

// entity is a group or project of a transfer.
type entity struct {
	id          int64
	transfer    *transfer
	parent      *entity
	kind        string // group, project
	source      string // full path
	slug        string
	namespace   string
	projects    bool
	memberships bool
	status      string
	group       *Namespace
	project     *Project
	created     time.Time
	updated     time.Time
	failures    []*bulkFailure
	hasFailures bool
	stats       map[string]*bulkStats
}

type bulkStats struct{ source, fetched, imported int64 }

// bulkFailure is an object that a transfer could not store.
type bulkFailure struct {
	relation, class, message, correlation, url, title string
}

func (m *Model) transferView(t *transfer) object {
	return object{
		"id": t.id, "status": t.status, "source_type": "gitlab", "source_url": t.url, "created_at": stamp(t.created), "updated_at": stamp(t.updated),
		"has_failures": t.hasFailures,
	}
}

func (m *Model) entityView(e *entity) object {
	v := object{
		"id": e.id, "bulk_import_id": e.transfer.id, "status": e.status, "entity_type": e.kind, "source_full_path": e.source, "destination_full_path": nil,
		"destination_name": e.slug, "destination_slug": e.slug, "destination_namespace": e.namespace, "parent_id": nil, "namespace_id": nil, "project_id": nil,
		"created_at": stamp(e.created), "updated_at": stamp(e.updated), "failures": list(e.failures, failureView), "migrate_projects": e.projects,
		"migrate_memberships": e.memberships, "has_failures": e.hasFailures,
	}
	if e.parent != nil {
		v["parent_id"] = e.parent.id
	}
	if e.group != nil {
		v["namespace_id"], v["destination_full_path"] = e.group.ID, e.group.FullPath()
	}
	if e.project != nil {
		v["project_id"], v["destination_full_path"] = e.project.ID, e.project.FullPath()
	}
	stats := object{}
	for relation, s := range e.stats {
		stats[relation] = object{"source": s.source, "fetched": s.fetched, "imported": s.imported}
	}
	v["stats"] = stats
	return v
}

func failureView(f *bulkFailure) object {
	return object{
		"relation": f.relation, "exception_message": f.message, "exception_class": f.class, "correlation_id_value": f.correlation,
		"source_url": optional(f.url), "source_title": optional(f.title),
	}
}

func bulkRoutes(add adding) {
	enabled := func(do endpoint) endpoint {
		return func(c *call) (reply, error) {
			if c.s.importing.isDisabled("transfer") {
				return reply{}, missing("")
			}
			return do(c)
		}
	}
	add("POST bulk_imports", signedIn(), enabled((*call).startTransfer))
	add("GET bulk_imports", signedIn(), enabled((*call).listTransfers))
	add("GET bulk_imports/entities", signedIn(), enabled(func(c *call) (reply, error) { return c.listEntities(c.ownTransfers()) }))
	add("GET bulk_imports/{import_id}", signedIn(), enabled(withTransfer(func(c *call, t *transfer) (reply, error) { return ok(c.transferView(t)) })))
	add("GET bulk_imports/{import_id}/entities", signedIn(), enabled(withTransfer(func(c *call, t *transfer) (reply, error) { return c.listEntities([]*transfer{t}) })))
	add("GET bulk_imports/{import_id}/entities/{entity_id}", signedIn(), enabled(withEntity(func(c *call, e *entity) (reply, error) { return ok(c.entityView(e)) })))
	add("GET bulk_imports/{import_id}/entities/{entity_id}/failures", signedIn(), enabled(withEntity(func(c *call, e *entity) (reply, error) {
		return ok(list(page(c, e.failures), failureView))
	})))
	add("POST bulk_imports/{import_id}/cancel", signedIn(), enabled((*call).cancelTransfer))
}

// ownTransfers are those of whoever asks, the newest first.
func (c *call) ownTransfers() []*transfer {
	var all []*transfer
	for _, t := range c.s.importing.transfers {
		if t.user == c.doer {
			all = append([]*transfer{t}, all...)
		}
	}
	return all
}

func (c *call) statusParameter() error {
	return c.oneOf("status", "created", "started", "finished", "timeout", "failed", "canceled")
}

func (c *call) listTransfers() (reply, error) {
	if err := c.statusParameter(); err != nil {
		return reply{}, err
	}
	var all []*transfer
	for _, t := range c.ownTransfers() {
		switch {
		case c.has("status") && t.status != c.text("status"):
		case c.text("sort") == "asc":
			all = append([]*transfer{t}, all...)
		default:
			all = append(all, t)
		}
	}
	return ok(list(page(c, all), c.transferView))
}

func (c *call) listEntities(of []*transfer) (reply, error) {
	if err := c.statusParameter(); err != nil {
		return reply{}, err
	}
	var all []*entity
	for _, t := range of {
		for _, e := range t.entities {
			if !c.has("status") || e.status == c.text("status") {
				all = append(all, e)
			}
		}
	}
	return ok(list(page(c, all), c.entityView))
}

func withTransfer(do func(*call, *transfer) (reply, error)) endpoint {
	return func(c *call) (reply, error) {
		for _, t := range c.ownTransfers() {
			if t.id == c.number("import_id") {
				return do(c, t)
			}
		}
		return reply{}, missing("")
	}
}

func withEntity(do func(*call, *entity) (reply, error)) endpoint {
	return withTransfer(func(c *call, t *transfer) (reply, error) {
		for _, e := range t.entities {
			if e.id == c.number("entity_id") {
				return do(c, e)
			}
		}
		return reply{}, missing("")
	})
}

// cancelTransfer cancels a transfer with all that is in it, even one that has ended:
// GitLab's state machine lets any state become canceled.
func (c *call) cancelTransfer() (reply, error) {
	if !c.s.atVersion(17, 1) {
		return reply{}, missing("")
	}
	for _, t := range c.s.importing.transfers {
		if t.id != c.number("import_id") {
			continue
		}
		if t.user != c.doer && !c.doer.Admin {
			return reply{}, forbidden("")
		}
		t.cancel()
		t.status, t.updated = "canceled", c.clock()
		for _, e := range t.entities {
			e.status, e.updated = "canceled", c.clock()
		}
		return ok(c.transferView(t))
	}
	return reply{}, missing("")
}

// startTransfer begins a transfer, after the checks of
// app/services/bulk_imports/create_service.rb in their order.
func (c *call) startTransfer() (reply, error) {
	if err := c.needs("configuration", "entities"); err != nil {
		return reply{}, err
	}
	configuration, _ := c.in["configuration"].(object)
	wanted := c.objects("entities")
	if configuration["url"] == nil || configuration["access_token"] == nil || len(wanted) == 0 {
		return reply{}, malformed("configuration[url] is missing, configuration[access_token] is missing")
	}
	for _, w := range wanted {
		if err := entityProblems(w); err != nil {
			return reply{}, err
		}
	}
	if err := c.limited("imports"); err != nil {
		return reply{}, err
	}
	refused := func(why string) (reply, error) { return reply{}, refuse(http.StatusUnprocessableEntity, why) }
	address := strings.TrimRight(textOf(configuration["url"]), "/")
	from := origin{
		base: address + "/api/v4", username: "oauth2", password: textOf(configuration["access_token"]),
		header: http.Header{"Private-Token": {textOf(configuration["access_token"])}},
	}
	if why := c.sourceProblem(from, address, wanted[0]); why != "" {
		return refused(why)
	}
	t := &transfer{s: c.s, user: c.doer, from: from, url: address, status: "created", created: c.clock(), updated: c.clock()}
	for _, w := range wanted {
		e := &entity{transfer: t, kind: strings.TrimSuffix(textOf(w["source_type"]), "_entity"), source: textOf(w["source_full_path"]),
			slug: textOf(w["destination_slug"]), namespace: textOf(w["destination_namespace"]), projects: true, memberships: true}
		if e.slug == "" {
			e.slug = textOf(w["destination_name"])
		}
		if v, said := w["migrate_projects"]; said {
			e.projects = truthy(v)
		}
		if v, said := w["migrate_memberships"]; said {
			e.memberships = truthy(v)
		}
		if why := c.destinationProblem(e); why != "" {
			return refused(why)
		}
		c.addEntity(t, nil, e)
	}
	t.id = c.next("bulk import")
	t.ctx, t.cancel = context.WithCancel(c.s.importing.ctx)
	c.s.importing.transfers = append(c.s.importing.transfers, t)
	c.s.importing.run(t.work)
	return created(c.transferView(t))
}

func (m *Model) addEntity(t *transfer, parent, e *entity) {
	e.id, e.transfer, e.parent, e.status, e.created, e.updated, e.stats = m.next("bulk entity"), t, parent, "created", m.clock(), m.clock(), map[string]*bulkStats{}
	t.entities = append(t.entities, e)
}

// entityProblems refuses what is malformed.
func entityProblems(w object) error {
	kind, source := textOf(w["source_type"]), textOf(w["source_full_path"])
	slug, name := textOf(w["destination_slug"]), textOf(w["destination_name"])
	switch {
	case kind != "group_entity" && kind != "project_entity":
		return malformed("entities[0][source_type] does not have a valid value")
	case source == "" || strings.Contains(source, "://") || strings.HasPrefix(source, "/") || kind == "project_entity" && !strings.Contains(source, "/"):
		return malformed("entities[0][source_full_path] must be a relative path and not include protocol, sub-domain, or domain information. For example, 'source/full/path' not 'https://example.com/source/full/path'")
	case slug == "" && name == "":
		return malformed("entities[0][destination_slug], entities[0][destination_name] are missing, at least one parameter must be provided")
	case slug != "" && name != "":
		return malformed("entities[0][destination_slug], entities[0][destination_name] are mutually exclusive")
	case !slugForm.MatchString(slug + name):
		return malformed("entities[0][destination_slug] must not start or end with a special character and must not contain consecutive special characters. For example, 'destination_namespace' not 'destination/namespace'")
	case w["destination_namespace"] == nil:
		return malformed("entities[0][destination_namespace] is missing")
	case strings.Contains(textOf(w["destination_namespace"]), "://"):
		return malformed("entities[0][destination_namespace] must be a relative path and not include protocol, sub-domain, or domain information. For example, 'destination/full/path' not 'https://example.com/destination/full/path'")
	}
	return nil
}

const meetRequirements = "Check that the source instance base URL and the personal access token meet the necessary requirements."

// sourceProblem says what is wrong with a source, which is asked while the model is
// locked: it must be another server.
func (c *call) sourceProblem(from origin, address string, w object) string {
	if c.blocked(address) {
		return "Import failed. You don't have permission to export '" + textOf(w["source_full_path"]) + "'."
	}
	var version struct {
		Version string `json:"version"`
	}
	if _, err := from.get(c.r.Context(), "/version", &version); err != nil {
		return meetRequirements
	}
	var token struct {
		Scopes []string `json:"scopes"`
	}
	if _, err := from.get(c.r.Context(), "/personal_access_tokens/self", &token); err != nil || !strings.Contains(strings.Join(token.Scopes, " "), "api") {
		return meetRequirements
	}
	if major, _, _ := strings.Cut(version.Version, "."); numberOf(major) < 14 {
		return "Unsupported GitLab version. Minimum supported version is '14'."
	}
	kind := strings.TrimSuffix(textOf(w["source_type"]), "_entity") + "s"
	path := textOf(w["source_full_path"])
	var found struct {
		ID int64 `json:"id"`
	}
	if _, err := from.get(c.r.Context(), "/"+kind+"/"+escaped(path), &found); err != nil {
		return "Import failed. '" + path + "' not found."
	}
	return ""
}

func (c *call) destinationProblem(e *entity) string {
	full := strings.TrimPrefix(e.namespace+"/"+e.slug, "/")
	if e.namespace != "" {
		n := c.Model.namespace(e.namespace)
		if n == nil || n.User != nil || c.groupLevel(c.doer, n) < Maintainer {
			return "Import failed. Destination '" + e.namespace + "' is invalid, or you don't have permission."
		}
	}
	switch {
	case e.kind == "group" && c.Model.namespace(full) != nil, e.kind == "project" && c.Model.project(full) != nil:
		return "Import failed. '" + full + "' already exists. Change the destination and try again."
	case e.kind == "project" && e.namespace == "":
		return "Validation failed: Destination namespace can't be blank"
	}
	return ""
}
