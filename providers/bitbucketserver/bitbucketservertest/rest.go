package bitbucketservertest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// fields is a JSON object.
type fields = map[string]any

// call is one request while it is answered, inside Model.View.
type call struct {
	s       *Server
	r       *http.Request
	user    *User
	project *Project    // nil: none in the path
	repo    *Repository // nil: none in the path
	pull    *Pull       // nil: none in the path
}

// routes are the operations.
func (s *Server) routes() http.Handler {
	const (
		project = "/projects/{key}"
		repo    = project + "/repos/{slug}"
		pull    = repo + "/pull-requests/{number}"
	)
	mux := http.NewServeMux()
	for path, does := range map[string]func(*call) (any, error){
		"/rest/api/latest/application-properties":                         (*call).properties,
		"/rest/api/latest/inbox/pull-requests/count":                      (*call).inbox,
		"/rest/api/latest/repos":                                          (*call).repositories,
		"/rest/api/latest" + project + "/repos":                           (*call).repositories,
		"/rest/api/latest" + project + "/permissions/users":               (*call).projectUsers,
		"/rest/api/latest" + project + "/permissions/groups":              (*call).projectGroups,
		"/rest/api/latest" + repo:                                         (*call).repository,
		"/rest/api/latest" + repo + "/labels":                             (*call).labels,
		"/rest/api/latest" + repo + "/permissions/users":                  (*call).users,
		"/rest/api/latest" + repo + "/permissions/groups":                 (*call).groups,
		"/rest/api/latest" + repo + "/settings/pull-requests":             (*call).settings,
		"/rest/api/latest" + repo + "/settings/hooks":                     (*call).hooks,
		"/rest/api/latest" + repo + "/webhooks":                           (*call).webhooks,
		"/rest/api/latest" + repo + "/pull-requests":                      (*call).pulls,
		"/rest/api/latest" + pull:                                         (*call).pullRequest,
		"/rest/api/latest" + pull + "/activities":                         (*call).activities,
		"/rest/branch-permissions/latest" + repo + "/restrictions":        (*call).restrictions,
		"/rest/default-reviewers/latest" + repo + "/conditions":           (*call).conditions,
		"/rest/keys/latest" + repo + "/ssh":                               (*call).keys,
		"/rest/access-tokens/latest" + repo:                               (*call).accessTokens,
		"/rest/comment-likes/latest" + pull + "/comments/{comment}/likes": (*call).likes,
		repo + "/sizes": (*call).sizes,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, path, does) })
	}
	mux.HandleFunc("GET /rest/api/latest"+repo+"/attachments/{id}", s.download)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, &refusal{http.StatusNotFound, "NoSuchResourceException", "null for uri: " + r.URL.Path})
	})
	return mux
}

// answer finds what the path names, asks for permission, and answers.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, path string, does func(*call) (any, error)) {
	s.mu.Lock()
	s.requests[path]++
	s.mu.Unlock()
	c := &call{s: s, r: r, user: s.caller(r)}
	var body any
	var err error
	s.Model.View(func() {
		if err = c.find(); err == nil {
			body, err = does(c)
		}
	})
	if f, ok := err.(*refusal); ok {
		refuse(w, f)
		return
	}
	answer(w, http.StatusOK, body)
}

// find looks up what the path names. Everybody may ask for the version, unless with
// credentials that are wrong.
func (c *call) find() error {
	open := strings.HasSuffix(c.r.URL.Path, "/application-properties") && c.r.Header.Get("Authorization") == ""
	if c.user == nil && !open {
		return &refusal{http.StatusUnauthorized, "auth.IncorrectPasswordAuthenticationException", "Authentication failed. Please check your credentials and try again."}
	}
	key := c.r.PathValue("key")
	if key == "" {
		return nil
	}
	if c.project = c.s.Model.project(key); c.project == nil {
		return &refusal{http.StatusNotFound, "project.NoSuchProjectException", "Project " + key + " does not exist."}
	}
	slug := c.r.PathValue("slug")
	if slug == "" {
		return nil
	}
	if c.repo = c.s.Model.repository(key, slug); c.repo == nil {
		return &refusal{http.StatusNotFound, "repository.NoSuchRepositoryException", "Repository " + key + "/" + slug + " does not exist."}
	}
	if c.repo.permit(c.user) < permitRead {
		return denied()
	}
	number := c.r.PathValue("number")
	if number == "" {
		return nil
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if c.pull = c.repo.pull(n); err != nil || c.pull == nil {
		return &refusal{http.StatusNotFound, "pull.NoSuchPullRequestException", "Pull request " + number + " does not exist."}
	}
	return nil
}

func denied() error {
	return &refusal{http.StatusUnauthorized, "AuthorisationException", "You are not permitted to access this resource"}
}

// administers asks for a permission that only administrators have.
func (c *call) administers() error {
	if c.repo != nil && c.repo.permit(c.user) < permitAdmin || c.repo == nil && c.project.permit(c.user) < permitAdmin {
		return denied()
	}
	return nil
}

// page is the part of a list that is asked for.
func (c *call) page(items []any) (any, error) {
	query := c.r.URL.Query()
	start, _ := strconv.Atoi(query.Get("start")) // what is no number is the beginning
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit <= 0 {
		limit = 25
	}
	limit = min(limit, mostOnPage)
	start = min(max(0, start), len(items))
	end := min(start+limit, len(items))
	page := fields{"values": append([]any{}, items[start:end]...), "size": end - start, "limit": limit, "start": start, "isLastPage": end == len(items)}
	if page["nextPageStart"] = nil; end < len(items) {
		page["nextPageStart"] = end
	}
	return page, nil
}

// mostOnPage is how many items a page has at most, whatever is asked for. It is
// small, so that tests turn pages.
const mostOnPage = 3

func listOf[T any](items []T, view func(T) any) []any {
	all := []any{}
	for _, item := range items {
		all = append(all, view(item))
	}
	return all
}

func (c *call) properties() (any, error) {
	return fields{"version": c.s.version, "buildNumber": "1", "buildDate": "1700000000000", "displayName": "Bitbucket"}, nil
}

func (c *call) inbox() (any, error) { return fields{"count": 0}, nil }

func (c *call) repositories() (any, error) {
	archived := c.r.URL.Query().Get("archived")
	var all []any
	for _, r := range c.s.Model.Repositories {
		switch {
		case c.project != nil && r.Project != c.project, r.permit(c.user) < permitRead,
			c.project == nil && archived == "ARCHIVED" && !r.Archived,
			c.project == nil && archived != "ARCHIVED" && archived != "ALL" && r.Archived:
			continue
		}
		all = append(all, c.viewRepository(r))
	}
	if c.project != nil && len(all) == 0 && c.project.permit(c.user) < permitRead {
		return nil, denied()
	}
	return c.page(all)
}

func (c *call) repository() (any, error) { return c.viewRepository(c.repo), nil }

func (c *call) sizes() (any, error) {
	return fields{"repository": c.repo.Size, "attachments": 0}, nil
}

func (c *call) labels() (any, error) {
	return c.page(listOf(c.repo.Labels, func(name string) any { return fields{"name": name} }))
}

func (c *call) grants(a Access, users bool) (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	if users {
		return c.page(listOf(a.Users, func(g UserGrant) any {
			return fields{"user": viewUser(g.User), "permission": g.Permission}
		}))
	}
	return c.page(listOf(a.Groups, func(g GroupGrant) any {
		return fields{"group": fields{"name": g.Group}, "permission": g.Permission}
	}))
}

func (c *call) users() (any, error)         { return c.grants(c.repo.Access, true) }
func (c *call) groups() (any, error)        { return c.grants(c.repo.Access, false) }
func (c *call) projectUsers() (any, error)  { return c.grants(c.project.Access, true) }
func (c *call) projectGroups() (any, error) { return c.grants(c.project.Access, false) }

func (c *call) settings() (any, error) {
	var strategies []any
	for _, id := range []string{"no-ff", "ff", "ff-only", "rebase-no-ff", "rebase-ff-only", "squash", "squash-ff-only"} {
		strategies = append(strategies, fields{"id": id, "name": id, "description": id, "flag": "--" + id, "enabled": slices.Contains(c.repo.Strategies, id)})
	}
	return fields{"requiredAllApprovers": false, "requiredAllTasksComplete": c.repo.AllTasks, "mergeConfig": fields{"type": "REPOSITORY", "strategies": strategies, "defaultStrategy": strategies[0], "commitSummaries": 20}}, nil
}

func (c *call) hooks() (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	all := listOf(c.repo.Hooks, func(name string) any { return viewHook(name, true) })
	return c.page(append(all, viewHook("Reject Force Push", false)))
}

func (c *call) webhooks() (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	return c.page(listOf(c.repo.Webhooks, func(address string) any {
		return fields{"id": 1, "name": "hook", "url": address, "active": true, "events": []string{"pr:opened"}, "configuration": fields{}}
	}))
}

func (c *call) keys() (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	return c.page(listOf(c.repo.Keys, func(label string) any {
		return fields{"permission": "REPO_READ", "key": fields{"id": 1, "label": label, "text": "ssh-ed25519 AAAA"}}
	}))
}

func (c *call) accessTokens() (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	return c.page(listOf(c.repo.Tokens, func(name string) any { return fields{"id": "1", "name": name} }))
}

func (c *call) restrictions() (any, error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	return c.page(listOf(c.repo.Restrictions, func(r *Restriction) any {
		return fields{"id": r.ID, "type": r.Type, "groups": append([]string{}, r.Groups...), "accessKeys": []any{}, "users": listOf(r.Users, viewUser),
			"scope":   fields{"type": "REPOSITORY", "resourceId": c.repo.ID},
			"matcher": fields{"id": r.Ref, "displayId": r.Shown, "type": fields{"id": r.Matching, "name": r.Matching}}}
	}))
}

func (c *call) conditions() (any, error) {
	any := fields{"id": "ANY_REF_MATCHER_ID", "displayId": "ANY_REF_MATCHER_ID", "type": fields{"id": "ANY_REF", "name": "Any branch"}}
	return listOf(c.repo.Conditions, func(one *Condition) interface{} {
		reviewers := listOf(one.Reviewers, func(u *User) interface{} { return fields{"id": u.ID, "name": u.Name} })
		return fields{"id": one.ID, "requiredApprovals": one.Required, "sourceRefMatcher": any, "targetRefMatcher": any, "reviewers": reviewers}
	}), nil
}

// download gives out a file that was uploaded into a text.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, r: r, user: s.caller(r)}
	var data []byte
	var err error
	s.Model.View(func() {
		if err = c.find(); err != nil {
			return
		}
		var ok bool
		if data, ok = c.repo.Files[r.PathValue("id")]; !ok {
			err = &refusal{http.StatusNotFound, "attachment.NoSuchAttachmentException", "The attachment does not exist."}
		}
	})
	if f, ok := err.(*refusal); ok {
		refuse(w, f)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) // the client may be gone
}
