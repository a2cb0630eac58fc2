package git

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// discover returns the items by URL, in order, and the end of the listing.
func discover(t *testing.T, s *source, settings map[string]any) ([]schema.Found, providers.ListingEnd) {
	t.Helper()
	var items []schema.Found
	var ends []providers.ListingEnd
	for d, err := range s.Discover(t.Context(), providers.Query{Kind: kindRepositories, Settings: marshal(t, settings)}) {
		must(t, err)
		switch {
		case len(ends) > 0:
			t.Fatalf("%+v comes after the end", d)
		case d.End != nil:
			ends = append(ends, *d.End)
		default:
			items = append(items, *d.Item)
		}
	}
	if len(ends) != 1 {
		t.Fatalf("the listing has %d ends, want one", len(ends))
	}
	return items, ends[0]
}

func urlsOf(items []schema.Found) []string {
	var urls []string
	for _, item := range items {
		urls = append(urls, item.URL)
	}
	return urls
}

func TestDiscoverFolder(t *testing.T) {
	dir := t.TempDir()
	repos := filepath.Join(dir, "repos")
	in := func(name string) string { return filepath.Join(repos, filepath.FromSlash(name)) }
	newSourceRepo(t, in("acme/api.git"))
	newBare(t, in("acme/bare")) // without .git in its name
	run(t, "", "init", "--quiet", "--initial-branch=trunk", in("work"))
	newBare(t, in("work/inner.git"))
	run(t, "", "clone", "--quiet", in("acme/api.git"), in("clone"))
	run(t, in("clone"), "worktree", "add", "--quiet", "-b", "second", in("linked"))
	run(t, "", "clone", "--quiet", "--separate-git-dir", filepath.Join(dir, "elsewhere"), in("acme/api.git"), in("separate"))
	must(t, os.MkdirAll(in("damaged.git"), 0o777))
	must(t, os.MkdirAll(in("plain/folder"), 0o777))
	must(t, os.WriteFile(in("file.git"), nil, 0o666))
	newBare(t, in("host:x.git")) // reads like an address
	must(t, os.Symlink(repos, in("plain/loop")))
	must(t, os.Symlink(in("acme/api.git"), in("linked.git")))
	newBare(t, filepath.Join(repos, ".git")) // the top itself is not listed

	s := open(t, options{dir: dir})
	items, end := discover(t, s, map[string]any{"folder": "./repos"})
	if !end.Complete || end.Problem != nil {
		t.Errorf("end = %+v, want it complete", end)
	}
	want := []string{"repos/acme/api.git", "repos/acme/bare", "repos/clone", "repos/damaged.git", "repos/host:x.git", "repos/separate", "repos/work"}
	if diff := cmp.Diff(want, urlsOf(items)); diff != "" {
		t.Errorf("URLs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(schema.Found{
		Identity: "repos/acme/api.git", ID: "repos/acme/api.git", FullName: "acme/api", Owner: "acme", Name: "api", Slug: "api",
		URL: "repos/acme/api.git", DefaultBranch: "refs/heads/main",
	}, items[0]); diff != "" {
		t.Errorf("a bare repository (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(schema.Found{
		Identity: "repos/work", ID: "repos/work", FullName: "work", Name: "work", Slug: "work",
		URL: "repos/work", DefaultBranch: "refs/heads/trunk", Empty: true,
	}, items[6]); diff != "" {
		t.Errorf("an empty work tree (-want +got):\n%s", diff)
	}
	for _, item := range items {
		answer := inspect(t, s, item.URL, "")
		if item.Name == "damaged" {
			wantError(t, answer.Problem, providers.CodeNotFound, "vcs_url")
			continue
		}
		if answer.Problem != nil {
			t.Errorf("Inspect of %s: %v", item.URL, answer.Problem)
			continue
		}
		if f := answer.Facts; f.Identity != item.Identity || item.Empty != (len(f.Refs) == 0) || item.DefaultBranch != "" && item.DefaultBranch != f.DefaultBranch {
			t.Errorf("Inspect of %s = %+v, discovered as %+v", item.URL, f, item)
		}
	}

	items, _ = discover(t, s, map[string]any{"folder": repos})
	if got, want := items[0].URL, filepath.Join(repos, "acme", "api.git"); got != want {
		t.Errorf("URL in an absolute folder = %q, want %q", got, want)
	}

	// In the folder itself, a name can look like an address or an option.
	newBare(t, in("-x.git"))
	items, _ = discover(t, open(t, options{dir: repos}), map[string]any{"folder": ".", "depth": 1})
	want = []string{"./-x.git", "clone", "damaged.git", "./host:x.git", "separate", "work"}
	if diff := cmp.Diff(want, urlsOf(items)); diff != "" {
		t.Errorf("URLs at depth 1 (-want +got):\n%s", diff)
	}
}

func TestDiscoverHostileName(t *testing.T) {
	dir := t.TempDir()
	newBare(t, filepath.Join(dir, "a\x1b[2J.git"))
	s := open(t, options{dir: dir})
	items, _ := discover(t, s, map[string]any{"folder": "."})
	if len(items) != 1 || items[0].FullName != `a\x1b[2J` || strings.Contains(items[0].Identity+items[0].Name+items[0].Slug, "\x1b") {
		t.Fatalf("items = %+v, want one with nothing that acts on a terminal", items)
	}
	wantError(t, inspect(t, s, items[0].URL, "").Problem, providers.CodeInvalid, "vcs_url")
}

func TestDiscoverPackedAndMoved(t *testing.T) {
	dir := t.TempDir()
	repo := newSourceRepo(t, filepath.Join(dir, "a.git"))
	run(t, repo, "pack-refs", "--all")
	run(t, repo, "update-ref", "--no-deref", "HEAD", run(t, repo, "rev-parse", "main"))
	items, _ := discover(t, open(t, options{dir: dir}), map[string]any{"folder": "."})
	if len(items) != 1 || items[0].Empty || items[0].DefaultBranch != "" {
		t.Errorf("items = %+v, want one with refs and a detached HEAD", items)
	}
}

// sealed is a tree in which some folders may not be read. Permissions would
// not do for that: the tests may run as root.
type sealed struct {
	fs.FS
	dirs []string
}

func (s sealed) ReadDir(name string) ([]fs.DirEntry, error) {
	if slices.Contains(s.dirs, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return fs.ReadDir(s.FS, name)
}

func (s sealed) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(s.FS, name) }

func (s sealed) ReadLink(name string) (string, error) { return fs.ReadLink(s.FS, name) }

func TestDiscoverUnreadableFolder(t *testing.T) {
	dir := t.TempDir()
	newBare(t, filepath.Join(dir, "a", "x.git"))
	newBare(t, filepath.Join(dir, "b", "x.git"))
	newBare(t, filepath.Join(dir, "c", "x.git"))
	newBare(t, filepath.Join(dir, "d.git"))
	var found []string
	s := search{fsys: sealed{os.DirFS(dir), []string{"a", "b", "d.git"}}, depth: defaultDepth, found: func(dir string, _ shallow) error {
		found = append(found, dir)
		return nil
	}}
	problem, err := s.run(t.Context())
	must(t, err)
	if diff := cmp.Diff([]string{"c/x.git", "d.git"}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	e := wantError(t, problem, providers.CodeDenied, "folder")
	if e.Subject != "a" || !strings.Contains(e.Message, "1 others") {
		t.Errorf("problem = %v, want it about a and one more", e)
	}
}

func TestDiscoverURLs(t *testing.T) {
	s := open(t, options{dir: t.TempDir()})
	items, end := discover(t, s, map[string]any{"urls": []string{
		"https://git.example.org/acme/My API.git", "git@example.org:tool.git", "https://GIT.example.org/acme/My API/",
	}})
	want := []schema.Found{
		{Identity: "https://git.example.org/acme/My%20API", ID: "https://git.example.org/acme/My%20API", FullName: "acme/My API", Owner: "acme", Name: "My API", Slug: "my-api",
			URL: "https://git.example.org/acme/My API.git"},
		{Identity: "example.org:tool", ID: "example.org:tool", FullName: "tool", Name: "tool", Slug: "tool", URL: "git@example.org:tool.git"},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if !end.Complete {
		t.Error("the listing is not complete")
	}
}

func TestDiscoverRefuses(t *testing.T) {
	s := open(t, options{dir: t.TempDir()})
	for _, test := range []struct {
		name      string
		kind      string
		settings  map[string]any
		code      providers.Code
		attribute string
	}{
		{"another kind", "groups", nil, providers.CodeUnsupported, ""},
		{"nothing", kindRepositories, nil, providers.CodeInvalid, ""},
		{"both", kindRepositories, map[string]any{"folder": ".", "urls": []string{"a"}}, providers.CodeInvalid, ""},
		{"no such folder", kindRepositories, map[string]any{"folder": "nope"}, providers.CodeNotFound, "folder"},
		{"a password", kindRepositories, map[string]any{"urls": []string{"https://me:s3cret@example.org/a"}}, providers.CodeInvalid, "urls"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var last error
			for d, err := range s.Discover(t.Context(), providers.Query{Kind: test.kind, Settings: marshal(t, test.settings)}) {
				if last = err; err == nil {
					t.Errorf("got %+v, want an error", d)
				}
			}
			e := wantError(t, last, test.code, test.attribute)
			if strings.Contains(e.Error(), "s3cret") {
				t.Errorf("the password is shown: %v", e)
			}
		})
	}
}

func TestDiscoverEnds(t *testing.T) {
	dir := t.TempDir()
	newBare(t, filepath.Join(dir, "a.git"))
	newBare(t, filepath.Join(dir, "b", "c.git"))
	s := open(t, options{dir: dir})
	query := providers.Query{Kind: kindRepositories, Settings: marshal(t, map[string]any{"folder": "."})}

	for range s.Discover(t.Context(), query) {
		break // must not be called again, which would panic
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range s.Discover(ctx, query) {
		cancel()
		last = err
	}
	wantError(t, last, providers.CodeUnavailable, "")
}
