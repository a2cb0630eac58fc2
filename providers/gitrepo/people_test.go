package gitrepo

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// peopleStream is a history with unusual people, among them a tagger of a tag
// of a tag.
func peopleStream() string {
	var b strings.Builder
	commit := func(mark int, author, committer string) {
		fmt.Fprintf(&b, "commit refs/heads/main\nmark :%d\nauthor %s 1700000000 +0000\ncommitter %s 1700000000 +0000\ndata 1\nm\n", mark, author, committer)
	}
	commit(1, "Ada <ada@x>", "Ada <ada@x>")
	commit(2, "Ada <ada@x>", "Cy <cy@x>")
	commit(3, "ada <ADA@x>", "Cy <cy@x>")
	commit(4, "<no-name@x>", "No Mail <>")
	commit(5, "Jörg 'q\" \x1b[31m <j@x>", "commit abc <c@x>")
	b.WriteString("tag inner\nmark :10\nfrom :1\ntagger Inner <inner@x> 1700000000 +0000\ndata 2\nt\n")
	b.WriteString("tag outer\nmark :11\nfrom :10\ntagger Outer <outer@x> 1700000000 +0000\ndata 2\nt\n")
	return b.String()
}

func wantPeople() []Author {
	return []Author{
		{"", "no-name@x", 1}, {"Ada", "ada@x", 2}, {"Cy", "cy@x", 2}, {"Inner", "inner@x", 1}, {"Jörg 'q\" \x1b[31m", "j@x", 1},
		{"No Mail", "", 1}, {"Outer", "outer@x", 1}, {"ada", "ADA@x", 1}, {"commit abc", "c@x", 1},
	}
}

func newPeople(t *testing.T) string {
	t.Helper()
	source := newBare(t, "sha1")
	gitInput(t, source, peopleStream(), "fast-import", "--quiet")
	git(t, source, "update-ref", "refs/tags/again", "refs/tags/outer") // one tag, two refs
	git(t, source, "update-ref", "-d", "refs/tags/inner")              // reached through the outer tag only
	return source
}

func TestAuthors(t *testing.T) {
	source := newPeople(t)
	git(t, source, "config", "mailmap.file", "/dev/null")
	if diff := cmp.Diff(wantPeople(), collect(t, open(t, source).Authors(t.Context()))); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
	if got := collect(t, open(t, newBare(t, "sha256")).Authors(t.Context())); len(got) > 0 {
		t.Errorf("authors of an empty repository = %v", got)
	}
	for range open(t, source).Authors(t.Context()) {
		break // must not yield again
	}
}

func TestAuthorsOfUnusualCommits(t *testing.T) {
	source := newBare(t, "sha1")
	tree := git(t, source, "mktree")
	put := func(n int, header string) {
		oid := gitInput(t, source, "tree "+tree+"\n"+header+"\n\nm\n", "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
		git(t, source, "update-ref", fmt.Sprintf("refs/heads/b%d", n), oid)
	}
	put(1, "author J\xf6rg <j@x> 1 +0000\ncommitter J\xf6rg <j@x> 1 +0000\nencoding ISO-8859-1")
	put(2, "author "+strings.Repeat("n", 1<<20)+" <long@x> 1 +0000\ncommitter C <c@x> 1 +0000")
	git(t, source, "config", "i18n.logOutputEncoding", "UTF-16")
	want := []Author{{"C", "c@x", 1}, {"Jörg", "j@x", 1}, {strings.Repeat("n", maxIdentity), "long@x", 1}}
	if diff := cmp.Diff(want, collect(t, open(t, source).Authors(t.Context()))); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}

func TestAuthorsOf(t *testing.T) {
	source := newPeople(t)
	text := strings.Repeat("content\n", 100)
	gitInput(t, source, fmt.Sprintf("commit refs/heads/text\ncommitter Ada <ada@x> 1700000000 +0000\ndata 1\nm\nM 644 inline f\ndata %d\n%s\n", len(text), text),
		"fast-import", "--quiet")
	blob := git(t, source, "rev-parse", "text:f")
	want := wantPeople()
	want[1].Commits++
	for _, filters := range []string{"true", "false"} {
		git(t, source, "config", "uploadpack.allowFilter", filters)
		for name, address := range addresses(t, source) {
			cache := filepath.Join(t.TempDir(), "cache.git")
			for range 2 {
				if diff := cmp.Diff(want, collect(t, AuthorsOf(t.Context(), Remote{URL: address}, cache))); diff != "" {
					t.Errorf("%s, filter %s (-want +got):\n%s", name, filters, diff)
				}
			}
			if name == "directory" {
				if exists(cache) {
					t.Error("a local directory was copied")
				}
				continue
			}
			missing, err := open(t, cache).HasObjects(t.Context(), []string{blob})
			must(t, err)
			if got, want := len(missing) == 1, filters == "true"; got != want {
				t.Errorf("%s, filter %s: content left out: %v, want %v", name, filters, got, want)
			}
		}
	}
}

func TestAuthorsOfFollowsTheRemote(t *testing.T) {
	source := newPeople(t)
	git(t, source, "config", "uploadpack.allowFilter", "true")
	cache := filepath.Join(t.TempDir(), "cache.git")
	url := serve(t, filepath.Dir(source), basicAuth("me", "pw")) + "/source.git"
	remote := Remote{URL: url, Username: "me", Password: "pw"}
	collect(t, AuthorsOf(t.Context(), remote, cache))
	gitInput(t, source, "commit refs/heads/new\ncommitter Zoe <zoe@x> 1700000000 +0000\ndata 1\nm\nM 644 inline f\ndata 1\nx\n", "fast-import", "--quiet")
	// The repository was renamed; the cache still serves.
	moved := serve(t, filepath.Dir(source), func(w http.ResponseWriter, r *http.Request) bool {
		r.URL.Path = strings.Replace(r.URL.Path, "/renamed.git", "/source.git", 1)
		return true
	}) + "/renamed.git"
	want := slices.Insert(wantPeople(), 7, Author{"Zoe", "zoe@x", 1})
	if diff := cmp.Diff(want, collect(t, AuthorsOf(t.Context(), Remote{URL: moved}, cache))); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}
