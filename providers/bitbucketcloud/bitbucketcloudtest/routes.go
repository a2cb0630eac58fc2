package bitbucketcloudtest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// call is a request that was let in.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	user *User
	repo *Repository // of routes below a repository
}

// routes are what is served. The scope is that of app passwords.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	add := func(path, scope string, serve func(call) *failure) {
		mux.HandleFunc("GET "+apiPrefix+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, path, scope, serve) })
	}
	below := func(path, scope string, admin bool, serve func(call) *failure) {
		add("/repositories/{workspace}/{repo}"+path, scope, func(c call) *failure {
			c.repo = s.Model.repository(c.r.PathValue("workspace"), c.r.PathValue("repo"))
			switch {
			case c.repo == nil || c.repo.level(c.user) == "":
				return &failure{status: http.StatusNotFound, message: "Repository " + c.r.PathValue("workspace") + "/" + c.r.PathValue("repo") + " not found"}
			case admin && c.repo.level(c.user) != "admin":
				return &failure{status: http.StatusForbidden, message: "Access denied. You must have admin access."}
			}
			return serve(c)
		})
	}
	add("/user", "account", func(c call) *failure { return s.one(c, s.account(c.user)) })
	add("/users/{user}", "account", s.user)
	add("/repositories/{workspace}", "repository", s.repositories)
	below("", "repository", false, func(c call) *failure { return s.one(c, s.repositoryView(c.repo)) })
	below("/commit/{commit}", "repository", false, s.commit)
	for sort, one := range map[string]string{"milestones": "milestone", "components": "component", "versions": "version"} {
		below("/"+sort, "issue", false, func(c call) *failure { return s.namedList(c, sort, one) })
	}
	below("/issues", "issue", false, s.issues)
	below("/issues/{id}", "issue", false, s.ofIssue(func(c call, i *Issue) *failure { return s.one(c, s.issueView(c.repo, i)) }))
	below("/issues/{id}/comments", "issue", false, s.ofIssue(s.issueComments))
	below("/issues/{id}/changes", "issue", false, s.ofIssue(s.issueChanges))
	below("/issues/{id}/attachments", "issue", false, s.ofIssue(s.attachments))
	below("/issues/{id}/attachments/{name}", "issue", false, s.ofIssue(s.attachment))
	below("/pullrequests", "pullrequest", false, s.pulls)
	below("/pullrequests/{id}", "pullrequest", false, s.ofPull(func(c call, p *Pull) *failure { return s.one(c, s.pullView(c.repo, p)) }))
	below("/pullrequests/{id}/comments", "pullrequest", false, s.ofPull(s.pullComments))
	below("/pullrequests/{id}/tasks", "pullrequest", false, s.ofPull(s.tasks))
	below("/branch-restrictions", "repository:admin", true, s.restrictions)
	below("/effective-branching-model", "repository", false, func(c call) *failure { return s.one(c, modelView(c.repo.Model)) })
	below("/permissions-config/users", "repository:admin", true, s.permissions)
	below("/permissions-config/groups", "repository:admin", true, s.groups)
	below("/hooks", "webhook", true, s.hooks)
	below("/deploy-keys", "ssh-key", true, s.keys)
	below("/downloads", "repository", false, s.downloads)
	below("/default-reviewers", "pullrequest", false, func(c call) *failure { return s.several(c, s.accounts(c.repo.Reviewers)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, &failure{status: http.StatusNotFound, message: "Resource not found"})
	})
	return mux
}

// serve checks the credentials, the limits and the scope, and answers.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, path, scope string, serve func(call) *failure) {
	s.mu.Lock()
	s.byRoute[path]++
	s.mu.Unlock()
	token, ok := s.tokenOf(r)
	if !ok {
		refuse(w, &failure{status: http.StatusUnauthorized, message: "Token is invalid, expired, or not supported for this endpoint."})
		return
	}
	c := call{w: w, r: r}
	if token != nil {
		c.user = token.User
		s.tell(w.Header(), token, scope)
	}
	if !s.spend(w.Header(), token) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte("Rate limit for this resource has been exceeded")) // the client may be gone
		return
	}
	if !token.grants(scope) {
		refuse(w, &failure{status: http.StatusForbidden, message: "Your credentials lack one or more required privilege scopes.",
			detail: object{"granted": token.Scopes, "required": []string{token.calls(scope)}}})
		return
	}
	if token == nil && path == "/user" {
		refuse(w, &failure{status: http.StatusUnauthorized, message: "Authentication required"})
		return
	}
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	if f := serve(c); f != nil {
		refuse(w, f)
	}
}

// calls is what the token calls a scope.
func (t *Token) calls(scope string) string {
	if t.Password {
		return scope
	}
	return tokenScope(scope)
}

func (s *Server) tell(h http.Header, t *Token, scope string) {
	h.Set("X-Credential-Type", map[bool]string{false: "api_token", true: "apppassword"}[t.Password])
	if !t.Silent {
		h.Set("X-OAuth-Scopes", strings.Join(t.Scopes, ", "))
		h.Set("X-Accepted-OAuth-Scopes", t.calls(scope))
	}
}

// one answers with one object.
func (s *Server) one(c call, v any) *failure {
	o, ok := v.(object)
	if !ok {
		return &failure{status: http.StatusNotFound, message: "not found"}
	}
	write(c.w, http.StatusOK, partial(o, c.r.URL.Query().Get("fields")))
	return nil
}

// several answers with a list that is neither filtered nor sorted.
func (s *Server) several(c call, items []object) *failure {
	s.paged(c.w, c.r, list{items: items})
	return nil
}

func (s *Server) user(c call) *failure {
	for _, u := range s.Model.Users {
		if id := c.r.PathValue("user"); u.AccountID == id || u.UUID == id {
			return s.one(c, s.account(u))
		}
	}
	return &failure{status: http.StatusNotFound, message: "No such user"}
}

func (s *Server) repositories(c call) *failure {
	if !slices.ContainsFunc(s.Model.Workspaces, func(w *Workspace) bool { return w.Slug == c.r.PathValue("workspace") }) {
		return &failure{status: http.StatusNotFound, message: "No workspace with identifier '" + c.r.PathValue("workspace") + "'."}
	}
	var all []object
	for _, r := range s.Model.Repositories {
		if r.Workspace.Slug == c.r.PathValue("workspace") && r.level(c.user) != "" {
			all = append(all, s.repositoryView(r))
		}
	}
	s.paged(c.w, c.r, list{items: all})
	return nil
}

func (s *Server) commit(c call) *failure {
	k, err := gitserver.Repo{Dir: c.repo.Dir, Memory: &s.Model.memory}.Commit(c.r.PathValue("commit"))
	if err != nil {
		return &failure{status: http.StatusNotFound, message: "Commit not found"}
	}
	o := object{"type": "commit", "hash": k.ID, "parents": []object{}}
	for _, p := range k.Parents {
		o["parents"] = append(o["parents"].([]object), object{"type": "commit", "hash": p})
	}
	return s.one(c, o)
}

// tracker refuses where there are no issues.
func tracker(c call) *failure {
	if c.repo.HasIssues {
		return nil
	}
	return &failure{status: http.StatusNotFound, message: "Repository has no issue tracker."}
}

func (s *Server) namedList(c call, sort, one string) *failure {
	if f := tracker(c); f != nil {
		return f
	}
	var all []object
	for _, n := range map[string][]Named{"milestones": c.repo.Milestones, "components": c.repo.Components, "versions": c.repo.Versions}[sort] {
		all = append(all, object{"type": one, "id": n.ID, "name": n.Name})
	}
	return s.several(c, all)
}

// numbered is a list of issues or pull requests.
func numbered(items []object) list {
	return list{
		items: items,
		ids:   func(o object) int64 { n, _ := o["id"].(int64); return n },
		changed: func(o object) time.Time {
			text, _ := o["updated_on"].(string)
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return time.Time{}
			}
			return at
		},
	}
}

func (s *Server) issues(c call) *failure {
	if f := tracker(c); f != nil {
		return f
	}
	var all []object
	for _, i := range c.repo.Issues {
		all = append(all, s.issueView(c.repo, i))
	}
	s.paged(c.w, c.r, numbered(all))
	return nil
}

func (s *Server) ofIssue(serve func(call, *Issue) *failure) func(call) *failure {
	return func(c call) *failure {
		if f := tracker(c); f != nil {
			return f
		}
		for _, i := range c.repo.Issues {
			if number(i.ID) == c.r.PathValue("id") {
				return serve(c, i)
			}
		}
		return &failure{status: http.StatusNotFound, message: "No such issue"}
	}
}

func (s *Server) issueComments(c call, i *Issue) *failure {
	var all []object
	for _, one := range i.Comments {
		if !one.Deleted {
			all = append(all, s.issueComment(c.repo, i, one))
		}
	}
	return s.several(c, all)
}

func (s *Server) issueChanges(c call, i *Issue) *failure {
	var all []object
	for _, one := range i.Changes {
		all = append(all, s.changeView(c.repo, i, one))
	}
	return s.several(c, all)
}

func (s *Server) attachments(c call, i *Issue) *failure {
	var all []object
	for _, f := range i.Files {
		all = append(all, object{"type": "issue_attachment", "name": f.Name,
			"links": object{"self": link(s.api(c.repo, "/issues/"+number(i.ID)+"/attachments/"+url.PathEscape(f.Name)))}})
	}
	return s.several(c, all)
}

// attachment sends the reader to the store of files.
func (s *Server) attachment(c call, i *Issue) *failure {
	for n, f := range i.Files {
		if f.Name == c.r.PathValue("name") {
			http.Redirect(c.w, c.r, s.files.URL+"/"+strings.Trim(c.repo.UUID, "{}")+"/"+number(i.ID)+"/"+strconv.Itoa(n), http.StatusFound)
			return nil
		}
	}
	return &failure{status: http.StatusNotFound, message: "No such attachment"}
}

func (s *Server) pulls(c call) *failure {
	var all []object
	for _, p := range c.repo.Pulls {
		all = append(all, s.pullView(c.repo, p))
	}
	l := numbered(all)
	l.most = 50
	l.chosen = func(q map[string][]string, o object) bool {
		states := q["state"]
		if len(states) == 0 {
			states = []string{"OPEN"}
		}
		state, _ := o["state"].(string)
		return slices.Contains(states, state)
	}
	l.leaves = func(o object) object {
		for _, name := range []string{"reviewers", "participants", "closed_on"} {
			delete(o, name)
		}
		return o
	}
	s.paged(c.w, c.r, l)
	return nil
}

func (s *Server) ofPull(serve func(call, *Pull) *failure) func(call) *failure {
	return func(c call) *failure {
		for _, p := range c.repo.Pulls {
			if number(p.ID) == c.r.PathValue("id") {
				return serve(c, p)
			}
		}
		return &failure{status: http.StatusNotFound, message: "No such pull request"}
	}
}

func (s *Server) pullComments(c call, p *Pull) *failure {
	var all []object
	for _, one := range p.Comments {
		if !one.Pending || one.User == c.user {
			all = append(all, s.pullComment(c.repo, p, one))
		}
	}
	return s.several(c, all)
}

func (s *Server) tasks(c call, p *Pull) *failure {
	var all []object
	for _, t := range p.Tasks {
		all = append(all, s.taskView(t))
	}
	return s.several(c, all)
}

func (s *Server) restrictions(c call) *failure {
	var all []object
	for _, x := range c.repo.Restrictions {
		all = append(all, s.restrictionView(x))
	}
	return s.several(c, all)
}

func (s *Server) permissions(c call) *failure {
	var all []object
	for _, p := range c.repo.Permissions {
		all = append(all, object{"type": "repository_user_permission", "permission": p.Level, "user": s.account(p.User)})
	}
	return s.several(c, all)
}

func (s *Server) groups(c call) *failure {
	var all []object
	for _, p := range c.repo.Groups {
		all = append(all, object{"type": "repository_group_permission", "permission": p.Level, "group": object{"type": "group", "name": p.Group, "slug": strings.ToLower(p.Group)}})
	}
	return s.several(c, all)
}

func (s *Server) hooks(c call) *failure {
	var all []object
	for _, address := range c.repo.Hooks {
		all = append(all, object{"type": "webhook_subscription", "url": address, "description": "a hook", "active": true})
	}
	return s.several(c, all)
}

func (s *Server) keys(c call) *failure {
	var all []object
	for n, label := range c.repo.Keys {
		all = append(all, object{"type": "deploy_key", "id": n + 1, "label": label})
	}
	return s.several(c, all)
}

func (s *Server) downloads(c call) *failure {
	var all []object
	for _, name := range c.repo.Downloads {
		all = append(all, object{"type": "download", "name": name, "size": 12})
	}
	return s.several(c, all)
}
