package githubtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
	"github.com/google/go-cmp/cmp"
)

// plainServer is an empty stand-in with somebody's token. Violations are the
// test's to look at.
func plainServer(t testing.TB) (*Server, string) {
	t.Helper()
	s, err := New(Options{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, s.Token(s.Model.AddUser(User{Login: "ada"}))
}

func TestGraphQLRateLimit(t *testing.T) {
	s, token := plainServer(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	s.Limits(Limits{Core: 1, GraphQL: 3, Search: 1, Anonymous: 1, Window: time.Hour})
	const two = `{ viewer { repositories(first: 100) { nodes { issues(first: 1) { totalCount } labels(first: 1) { totalCount } } } }
		rateLimit { cost limit remaining used resetAt nodeCount } }`
	type limits struct{ RateLimit map[string]any }
	got := answer[limits](t, s, token, two)
	want := map[string]any{"cost": 2.0, "limit": 3.0, "remaining": 1.0, "used": 2.0, "nodeCount": 300.0, "resetAt": "2026-01-01T01:00:00Z"}
	if diff := cmp.Diff(want, got.RateLimit); diff != "" {
		t.Errorf("rateLimit (-want +got):\n%s", diff)
	}
	refused := ask(t, s, token, two)
	if refused.Status != http.StatusOK || len(refused.Errors) != 1 || refused.Errors[0].Type != graphql.RateLimited {
		t.Errorf("over the limit: status %d, %+v, want 200 with %s", refused.Status, refused.Errors, graphql.RateLimited)
	}
	for name, want := range map[string]string{
		"X-RateLimit-Remaining": "0", "X-RateLimit-Resource": "graphql", "X-RateLimit-Limit": "3",
		"X-RateLimit-Reset": fmt.Sprint(now.Add(time.Hour).Unix()),
	} {
		if got := refused.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	now = now.Add(time.Hour)
	if after := ask(t, s, token, two); len(after.Errors) > 0 {
		t.Errorf("after the reset: %+v", after.Errors)
	}
}

func TestGraphQLFaults(t *testing.T) {
	s, token := plainServer(t)
	ada := s.Model.User("ada")
	r, err := s.Model.AddRepository(ada, &Repository{Name: "lamp"})
	if err != nil {
		t.Fatal(err)
	}
	var issues []*Issue
	for n := range 3 {
		issues = append(issues, s.Model.AddIssue(r, Issue{Title: fmt.Sprint(n), Content: Content{Author: ada}}))
	}
	const query = `query($n: Int!) { repository(owner: "ada", name: "lamp") { issues(first: $n) { nodes { title } } } }`
	s.GraphQLFaults(GraphQLFaults{Broken: []string{issues[1].NodeID()}, Heavy: 50})

	broken := ask(t, s, token, query, "n", 3)
	if want := `{"repository":{"issues":{"nodes":[{"title":"0"},null,{"title":"2"}]}}}`; string(broken.Data) != want {
		t.Errorf("broken: %s, want %s", broken.Data, want)
	}
	wantPath := []any{"repository", "issues", "nodes", 1.0}
	if len(broken.Errors) != 1 || !cmp.Equal(wantPath, broken.Errors[0].Path) {
		t.Errorf("broken: errors %+v, want one at %v", broken.Errors, wantPath)
	}
	if heavy := ask(t, s, token, query, "n", 51); heavy.Status != http.StatusBadGateway {
		t.Errorf("heavy: status %d, want 502", heavy.Status)
	}
	s.GraphQLFaults(GraphQLFaults{Secondary: 1})
	limited := ask(t, s, token, query, "n", 3)
	if limited.Status != http.StatusOK || len(limited.Errors) != 1 || !strings.Contains(limited.Errors[0].Message, "secondary rate limit") || limited.Header.Get("Retry-After") == "" {
		t.Errorf("secondary limit: status %d, %+v", limited.Status, limited.Errors)
	}
	if again := ask(t, s, token, query, "n", 3); len(again.Errors) > 0 {
		t.Errorf("after the secondary limit: %+v", again.Errors)
	}
}

// Queries that GitHub refuses are refused, and are violations: a client that
// is tested here must not send them.
func TestGraphQLInvalidQueries(t *testing.T) {
	s, token := plainServer(t)
	for n, test := range []struct{ query, want string }{
		{`{ viewer { shoeSize } }`, "Field 'shoeSize' doesn't exist on type 'User'"},
		{`{ viewer { login(loud: true) } }`, "Field 'login' doesn't accept argument 'loud'"},
		{`{ viewer { ...p } } fragment p on Human { login }`, `Unknown type "Human".`},
		{`query($n: Int!) { viewer { repositories(first: $n) { totalCount } } }`, "Variable $n of type Int! was provided invalid value"},
	} {
		a := ask(t, s, token, test.query)
		if a.Status != http.StatusOK || len(a.Errors) == 0 || !strings.HasPrefix(a.Errors[0].Message, test.want) {
			t.Errorf("%s: status %d, %+v, want %q", test.query, a.Status, a.Errors, test.want)
		}
		if len(s.Violations()) != n+1 {
			t.Errorf("%s: violations %q, want %d", test.query, s.Violations(), n+1)
		}
	}
}

func TestGraphQLAccess(t *testing.T) {
	s, err := New(Options{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ada, mona := s.Model.AddUser(User{Login: "ada"}), s.Model.AddUser(User{Login: "mona"})
	for _, visibility := range []string{"public", "private"} {
		if _, err := s.Model.AddRepository(ada, &Repository{Name: visibility, Visibility: visibility}); err != nil {
			t.Fatal(err)
		}
	}
	const query = `query($name: String!) { repository(owner: "ada", name: $name) { name collaborators(first: 1) { totalCount } } }`
	for _, test := range []struct{ token, name, kind string }{
		{s.Token(ada), "private", ""},
		{s.Token(mona), "private", graphql.NotFound},
		{s.Token(mona), "public", graphql.Forbidden}, // the name, but not who has access
		{s.Token(ada, "read:user"), "private", graphql.NotFound},
		{s.Token(ada), "nothing", graphql.NotFound},
	} {
		kind := ""
		if a := ask(t, s, test.token, query, "name", test.name); len(a.Errors) > 0 {
			kind = a.Errors[0].Type
		}
		if kind != test.kind {
			t.Errorf("%s: error %q, want %q", test.name, kind, test.kind)
		}
	}
	private, _ := s.Model.Repository("ada", "private")
	secret := s.Model.AddIssue(private, Issue{Title: "secret"})
	if a := ask(t, s, s.Token(mona), `query($id: ID!) { node(id: $id) { id } }`, "id", secret.NodeID()); len(a.Errors) == 0 {
		t.Errorf("a stranger is shown %s", a.Data)
	}
	if a := ask(t, s, "", `{ viewer { login } }`); a.Status != http.StatusForbidden && a.Status != http.StatusUnauthorized {
		t.Errorf("without a token: status %d", a.Status)
	}
	if a := ask(t, s, "wrong", `{ viewer { login } }`); a.Status != http.StatusUnauthorized {
		t.Errorf("with a wrong token: status %d", a.Status)
	}
	s.Model.EditRepository(private, func(r *Repository) { r.Name = "moved" })
	type named struct{ Repository struct{ Name string } }
	if got := answer[named](t, s, s.Token(ada), query, "name", "private"); got.Repository.Name != "moved" {
		t.Errorf("by its former name: %q", got.Repository.Name)
	}
	if a := ask(t, s, s.Token(ada), `{ repository(owner: "ada", name: "private", followRenames: false) { name } }`); len(a.Errors) != 1 {
		t.Errorf("former names are not to be followed: %s", a.Data)
	}
}

// BenchmarkGraphQLThreads reads a page of 100 issues with their comments from
// the middle of 20,000.
func BenchmarkGraphQLThreads(b *testing.B) {
	s, _ := plainServer(b)
	r, err := Large(s.Model, 20_000, 5)
	if err != nil {
		b.Fatal(err)
	}
	s.Limits(Limits{Core: 1 << 40, GraphQL: 1 << 40, Window: time.Hour})
	token := s.Token(r.Owner)
	const query = `query($after: String) { repository(owner: "large", name: "archive") { issues(first: 100, after: $after) { pageInfo { endCursor }
		nodes { fullDatabaseId number title body state createdAt updatedAt author { login } labels(first: 10) { nodes { name } }
			comments(first: 10) { totalCount nodes { fullDatabaseId body createdAt author { login } } } } } } }`
	type page struct {
		Repository struct {
			Issues struct{ PageInfo struct{ EndCursor string } }
		}
	}
	var after any
	for range 100 {
		after = answer[page](b, s, token, query, "after", after).Repository.Issues.PageInfo.EndCursor
	}
	for b.Loop() {
		answer[page](b, s, token, query, "after", after)
	}
}
