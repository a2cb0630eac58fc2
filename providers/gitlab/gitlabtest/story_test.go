package gitlabtest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// step is a request and what is expected of its answer: a status, and members,
// those of an object or of the first one of a list.
type step struct {
	who, method, path, body string
	status                  int
	want                    object
}

// run makes the requests one after the other.
func (a asker) run(steps []step) {
	a.t.Helper()
	for _, s := range steps {
		got := a.do(s.who, s.method, s.path, s.body)
		if got.status != s.status {
			a.t.Errorf("%s %s %s %s: status %d, want %d: %s", s.who, s.method, s.path, s.body, got.status, s.status, got.body)
			continue
		}
		if len(s.want) == 0 {
			continue
		}
		var v any
		if err := json.Unmarshal(got.body, &v); err != nil {
			a.t.Errorf("%s %s: answer %q: %v", s.method, s.path, got.body, err)
			continue
		}
		if all, ok := v.([]any); ok {
			if len(all) == 0 {
				a.t.Errorf("%s %s: an empty list", s.method, s.path)
				continue
			}
			v = all[0]
		}
		had := object{}
		for name := range s.want {
			had[name] = reach(v, name)
		}
		if diff := cmp.Diff(plain(s.want), plain(had)); diff != "" {
			a.t.Errorf("%s %s %s (-want +got):\n%s", s.method, s.path, s.body, diff)
		}
	}
}

// reach finds a member by a path such as "author.username".
func reach(v any, path string) any {
	for _, name := range strings.Split(path, ".") {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[name]
	}
	return v
}

// plain is a value as JSON has it.
func plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var p any
	if err := json.Unmarshal(text, &p); err != nil {
		panic(err)
	}
	return p
}

const api = "/projects/acme%2Fapi"

func TestSite(t *testing.T) {
	a := acme(t)
	a.run([]step{
		{"", "GET", "/version", "", 401, object{"message": "401 Unauthorized"}},
		{"anna", "GET", "/version", "", 200, object{"version": "18.9.0"}},
		{"anna", "GET", "/metadata", "", 200, object{"enterprise": false}},
		{"anna", "GET", "/user", "", 200, object{"username": "anna", "is_admin": nil}},
		{"root", "GET", "/user", "", 200, object{"username": "root", "is_admin": true}},
		{"root>anna", "GET", "/user", "", 200, object{"username": "anna"}},
		{"anna>ben", "GET", "/user", "", 403, object{"message": "403 Forbidden - Must be admin to use sudo"}},
		{"root>zoe", "GET", "/user", "", 404, object{"message": "404 User with ID or username 'zoe' Not Found"}},
		{"anna", "GET", "/users?username=ben", "", 200, object{"name": "Ben", "email": nil}},
		{"root", "GET", "/users?search=ben@example.test", "", 200, object{"name": "Ben", "email": "ben@example.test"}},
		{"anna", "GET", "/users/2", "", 200, object{"username": "anna"}},
		{"root", "POST", "/users", `{"email":"e@example.test","name":"Eve","username":"eve","skip_confirmation":true,"force_random_password":true}`, 201, object{"username": "eve"}},
		{"anna", "GET", "/personal_access_tokens/self", "", 200, object{"scopes": []string{"api"}}},
		{"anna", "GET", "/namespaces/acme", "", 404, nil},
		{"root", "GET", "/namespaces/acme", "", 200, object{"kind": "group", "full_path": "acme"}},
		{"anna", "GET", "/namespaces?owned_only=true", "", 200, object{"kind": "user", "path": "anna"}},
		{"anna", "GET", "/namespaces/acme/exists", "", 200, object{"exists": true, "suggests": []string{"acme1"}}},
		{"anna", "GET", "/topics", "", 200, nil},
		{"anna", "GET", "/nothing", "", 404, object{"error": "404 Not Found"}},
	})
	if diff := cmp.Diff([]string{"GET /api/v4/nothing: no description has it"}, a.s.Violations()); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestGroupsAndProjects(t *testing.T) {
	a := acme(t)
	a.run([]step{
		{"anna", "POST", "/groups", `{"name":"Tools","path":"tools","visibility":"internal"}`, 201, object{"full_path": "tools", "visibility": "internal"}},
		{"anna", "POST", "/groups", `{"name":"Tools","path":"tools"}`, 400, object{"message": `Failed to save group {:path=>["has already been taken"]}`}},
		{"anna", "POST", "/groups", `{"name":"Admin","path":"admin"}`, 400, object{"message": `Failed to save group {:path=>["admin is a reserved name"]}`}},
		{"anna", "POST", "/groups", `{"name":"Deep","path":"deep","parent_id":6,"visibility":"public"}`, 400, object{"message": `Failed to save group {:visibility_level=>["public is not allowed since the parent group has a internal visibility."]}`}},
		{"anna", "POST", "/groups", `{"name":"Deep","path":"hidden","parent_id":6}`, 201, object{"full_path": "tools/hidden", "visibility": "private"}},
		{"anna", "DELETE", "/groups/tools%2Fhidden", "", 202, nil},
		{"anna", "POST", "/groups", `{"name":"Deep","path":"deep","parent_id":6,"visibility":"internal"}`, 201, object{"id": 8, "full_path": "tools/deep", "visibility": "internal"}},
		{"anna", "GET", "/groups/tools%2Fdeep", "", 200, object{"full_name": "Tools / Deep"}},
		{"anna", "GET", "/groups/tools/subgroups", "", 200, object{"path": "deep"}},
		{"anna", "PUT", "/groups/tools", `{"description":"Ours"}`, 200, object{"description": "Ours"}},
		{"dora", "PUT", "/groups/tools", `{"description":"Mine"}`, 403, nil},
		{"anna", "GET", "/groups/acme", "", 200, object{"path": "acme"}}, // a member of its project
		{"dora", "GET", "/groups/acme", "", 404, object{"message": "404 Group Not Found"}},

		{"anna", "POST", "/projects", `{"name":"Wrench","path":"wrench","namespace_id":8,"visibility":"public"}`, 400, object{"message": object{"visibility_level": []string{"public is not allowed in a internal group."}}}},
		{"anna", "POST", "/projects", `{"name":"Wrench","path":"wrench","namespace_id":8,"visibility":"internal","topics":["steel"],"wiki_access_level":"private","lfs_enabled":false}`, 201,
			object{"path_with_namespace": "tools/deep/wrench", "empty_repo": true, "default_branch": nil, "wiki_access_level": "private", "lfs_enabled": false, "topics": []string{"steel"}}},
		{"anna", "POST", "/projects", `{"name":"Wrench","path":"wrench","namespace_id":8}`, 400, object{"message.path": []string{"has already been taken"}}},
		{"anna", "POST", "/projects", `{"path":"a--b"}`, 400, object{"message.path": []string{"must not start or end with a special character and must not contain consecutive special characters."}}},
		{"anna", "POST", "/projects", `{}`, 400, object{"error": "name, path are missing, at least one parameter must be provided"}},
		{"anna", "POST", "/projects", `{"name":"My own"}`, 201, object{"path_with_namespace": "anna/my-own", "owner.username": "anna"}},
		{"ben", "POST", "/projects", `{"name":"x","namespace_id":8}`, 400, object{"message.namespace": []string{"is not valid"}}},
		{"anna", "PUT", "/projects/tools%2Fdeep%2Fwrench", `{"path":"spanner","description":"turns","visibility":"private"}`, 200, object{"path_with_namespace": "tools/deep/spanner", "visibility": "private"}},
		{"anna", "GET", "/projects/tools%2Fdeep%2Fwrench", "", 302, nil},
		{"anna", "PUT", "/projects/tools%2Fdeep%2Fwrench", `{"description":"x"}`, 405, object{"message": "405 Non GET methods are not allowed for moved projects"}},
		{"dora", "GET", "/projects/tools%2Fdeep%2Fspanner", "", 404, object{"message": "404 Project Not Found"}},
		{"anna", "PUT", "/projects/2/transfer", `{"namespace":"tools"}`, 200, object{"path_with_namespace": "tools/spanner"}},
		{"anna", "POST", "/projects/2/archive", "", 201, object{"archived": true}},
		{"anna", "POST", "/projects/2/labels", `{"name":"x","color":"red"}`, 201, nil},
		{"anna", "POST", "/projects/2/issues", `{"title":"x"}`, 403, nil},
		{"anna", "POST", "/projects/2/unarchive", "", 201, object{"archived": false}},
		{"anna", "GET", "/groups/tools/projects?include_subgroups=true", "", 200, object{"path": "spanner"}},
		{"anna", "GET", "/projects?membership=true&order_by=id&sort=asc&simple=true", "", 200, object{"path": "api"}},
		{"anna", "DELETE", "/projects/2", "", 202, nil},
		{"anna", "GET", "/projects/2", "", 404, nil},
	})
	a.clean()
}

func TestMembersLabelsMilestones(t *testing.T) {
	a := acme(t)
	a.run([]step{
		{"ben", "POST", api + "/members", `{"user_id":4,"access_level":10,"expires_at":"2027-01-01"}`, 201, object{"username": "dora", "access_level": 10, "expires_at": "2027-01-01"}},
		{"ben", "POST", api + "/members", `{"user_id":4,"access_level":20}`, 409, object{"message": "Member already exists"}},
		{"ben", "POST", api + "/members", `{"user_id":99,"access_level":20}`, 404, object{"message": "404 User Not Found"}},
		{"ben", "PUT", api + "/members/4", `{"access_level":50}`, 403, nil},
		{"ben", "PUT", api + "/members/4", `{"access_level":20}`, 200, object{"access_level": 20}},
		{"anna", "GET", api + "/members/all", "", 200, nil},
		{"anna", "GET", api + "/members/4", "", 200, object{"created_by.username": "ben"}},
		{"ben", "POST", api + "/members", `{"user_id":1,"access_level":20}`, 400, object{"message.access_level": []string{"should be greater than or equal to Owner inherited membership from group acme"}}},
		{"ben", "DELETE", api + "/members/4", "", 204, nil},

		{"anna", "POST", api + "/labels", `{"name":"bug","color":"#f00","description":"broken","priority":1}`, 201, object{"color": "#ff0000", "priority": 1, "is_project_label": true}},
		{"anna", "POST", api + "/labels", `{"name":"bug","color":"#f00"}`, 409, object{"message": "409 Conflict - Label already exists"}},
		{"anna", "POST", api + "/labels", `{"name":"x","color":"nothing"}`, 400, object{"message.color": []string{"must be a valid color code"}}},
		{"anna", "POST", api + "/labels", `{"name":"x"}`, 400, object{"error": "color is missing"}},
		{"anna", "PUT", api + "/labels/bug", `{"new_name":"defect","description":""}`, 200, object{"name": "defect", "description": nil}},
		{"root", "POST", "/groups/acme/labels", `{"name":"all","color":"#00ff00"}`, 201, object{"name": "all"}},
		{"anna", "GET", api + "/labels?with_counts=true", "", 200, object{"name": "all", "is_project_label": false, "open_issues_count": 0}},
		{"anna", "DELETE", api + "/labels/1", "", 204, nil},

		{"anna", "POST", api + "/milestones", `{"title":"v1","due_date":"2026-04-01","start_date":"2026-03-01"}`, 201, object{"iid": 1, "due_date": "2026-04-01", "state": "active", "expired": false}},
		{"anna", "POST", api + "/milestones", `{"title":"v1"}`, 400, object{"message.title": []string{"has already been taken"}}},
		{"anna", "PUT", api + "/milestones/1", `{"state_event":"close","due_date":null}`, 200, object{"state": "closed", "due_date": nil}},
		{"anna", "GET", api + "/milestones?state=closed", "", 200, object{"title": "v1"}},
		{"root", "POST", "/groups/acme/milestones", `{"title":"Q1"}`, 201, object{"group_id": 2}},
		{"anna", "GET", api + "/milestones?include_ancestors=true", "", 200, object{"title": "Q1"}},
		{"anna", "DELETE", api + "/milestones/1", "", 204, nil},
	})
	a.clean()
}
