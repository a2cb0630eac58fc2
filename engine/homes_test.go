package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/schema"
)

// pagesOfProjects are those of a forge that does not put repositories at their
// full names.
func pagesOfProjects() schema.Pages {
	return schema.Pages{
		schema.PageRepository: {"/projects/{owner}/repos/{name}", "/users/{~owner}/repos/{name}", "/scm/{owner}/{name}"},
		schema.PageChange:     {"/pull-requests/{number}/overview", "/pull-requests/{number}"},
		schema.PageCommit:     {"/commits/{commit}"},
		schema.PageHome:       {"/browse"},
	}
}

func TestBaseOfHomes(t *testing.T) {
	for _, test := range []struct{ name, address, fullName, want string }{
		{"a project", "https://git.example/projects/KEY/repos/api", "KEY/api", "https://git.example/"},
		{"below a path", "https://git.example/bitbucket/projects/KEY/repos/api/", "key/api", "https://git.example/bitbucket/"},
		{"a person by the key", "https://git.example/projects/~ada/repos/api", "~ada/api", "https://git.example/"},
		{"a person", "https://git.example/users/ada/repos/api", "~ada/api", "https://git.example/"},
		{"a person's page for a project", "https://git.example/users/ada/repos/api", "ada/api", ""},
		{"another repository", "https://git.example/projects/KEY/repos/web", "KEY/api", ""},
		{"no owner", "https://git.example/projects/api/repos/api", "api", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := homesOf(pagesOfProjects()).base(test.address, test.fullName); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := homesOf(nil).base("https://git.example/a/b/c", "a/b/c"); got != "https://git.example/" {
		t.Errorf("without templates: %q", got)
	}
}

func TestLinksBelowHomes(t *testing.T) {
	pages := pagesOfProjects()
	p := places{own: "KEY/api", sourceBase: "https://git.example/", homes: homesOf(pages), source: pages}
	type aimed struct {
		repository string
		page       schema.Page
		parts      map[string]string
		rest       string
	}
	of := func(repository string, page schema.Page, rest, part, value string) *aimed {
		a := &aimed{repository: repository, page: page, rest: rest}
		if part != "" {
			a.parts = map[string]string{part: value}
		}
		return a
	}
	for address, want := range map[string]*aimed{
		"https://git.example/projects/KEY/repos/api/pull-requests/12/overview?commentId=5": of("", schema.PageChange, "?commentId=5", "number", "12"),
		"http://git.example/PROJECTS/key/repos/API/pull-requests/12":                       of("", schema.PageChange, "", "number", "12"),
		"https://git.example/projects/KEY/repos/api/commits/0123456789abcdef":              of("", schema.PageCommit, "", "commit", "0123456789abcdef"),
		"https://git.example/projects/KEY/repos/api":                                       of("", schema.PageHome, "", "", ""),
		"https://git.example/projects/KEY/repos/api?until=a/b":                             of("", schema.PageHome, "?until=a/b", "", ""),
		"https://git.example/projects/KEY/repos/api/browse":                                of("", schema.PageHome, "", "", ""),
		"https://git.example/scm/key/api.git":                                              of("", schema.PageHome, "", "", ""),
		"https://git.example/projects/OTHER/repos/Web/pull-requests/3":                     of("other/web", schema.PageChange, "", "number", "3"),
		"https://git.example/users/ada/repos/notes/commits/0123456789abcdef#a":             of("~ada/notes", schema.PageCommit, "#a", "commit", "0123456789abcdef"),
		"https://git.example/projects/%7Eada/repos/notes/pull-requests/1":                  of("~ada/notes", schema.PageChange, "", "number", "1"),
		"https://git.example/projects/KEY/repos/api/settings":                              of("", "", "", "", ""),
		"https://git.example/projects/OTHER/repos/web/settings":                            nil,
		"https://git.example/projects/KEY/repos":                                           nil,
		"https://git.example/projects/KEY%2Fx/repos/api":                                   nil,
		"https://git.example/KEY/api/pull-requests/1":                                      nil,
		"https://elsewhere.example/projects/KEY/repos/api/commits/0123456789abcdef":        nil,
	} {
		a := p.aimURL(address)
		var got *aimed
		if a.ours {
			got = &aimed{a.repository, a.page.page, a.page.parts, a.page.rest}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(aimed{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}
