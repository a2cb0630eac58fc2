package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

// TestPages reads addresses of one forge and writes them as another shows the
// same things.
func TestPages(t *testing.T) {
	from := schema.Pages{
		schema.PageIssue: {"/issues/{number}"}, schema.PageCommit: {"/commit/{commit}", "/commits/{commit}"}, schema.PageFile: {"/blob/{ref}/{path}"},
		schema.PageFolder: {"/tree/{ref}/{path}", "/tree/{ref}"}, schema.PageRelease: {"/releases/tag/{tag}"}, schema.PageReleases: {"/releases"},
		schema.PageCompare: {"/compare/{range}"}, schema.PageHistory: {"/commits/{ref}"}, schema.PageWiki: {"/wiki/{page}"},
	}
	to := schema.Pages{
		schema.PageIssue: {"/-/issues/{number}"}, schema.PageCommit: {"/-/commit/{commit}"}, schema.PageFile: {"/src/{as}/{ref}/{path}"},
		schema.PageFolder: {"/src/{as}/{ref}/{path}"}, schema.PageRelease: {"/r/{tag}"}, schema.PageReleases: {"/r"},
		schema.PageCompare: {"/cmp/{range}"}, schema.PageHistory: {"/log/{as}/{ref}"},
	}
	refs := map[string]string{"refs/heads/main": "1", "refs/heads/feature/x": "2", "refs/tags/v1": "3"}
	for address, want := range map[string]string{
		"":                                "",
		"/":                               "",
		"/issues/12#note":                 "/-/issues/12#note",
		"/issues/twelve":                  "none",
		"/issues/12/edit":                 "none",
		"/blob/main/a%20b/c.go#L3":        "/src/branch/main/a%20b/c.go#L3",
		"/blob/feature/x/docs/a.md?raw=1": "/src/branch/feature/x/docs/a.md?raw=1",
		"/blob/v1/a":                      "/src/tag/v1/a",
		"/blob/0123456789abcdef/a":        "/src/commit/0123456789abcdef/a",
		"/tree/main":                      "/src/branch/main",
		"/tree/feature/x":                 "/src/branch/feature/x",
		"/releases":                       "/r",
		"/releases/tag/a/b":               "/r/a/b",
		"/compare/v1...feature/x":         "/cmp/v1...feature/x",
		"/commits/main":                   "/log/branch/main",
		"/wiki/Home":                      "none",
		"/settings":                       "none",
	} {
		page, ok := readPage(from, address)
		got := "none"
		if ok {
			if page.hasRef() {
				page, _ = cutRef(page, refs)
			}
			if path := writePage(to, page); path != "" || page.page == schema.PageHome {
				got = path
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}
