package dump

import (
	"context"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/fsfs"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

func openAt(t *testing.T, path string, workers int) Repository {
	t.Helper()
	r, err := Open(t.Context(), path, Options{Scratch: t.TempDir(), Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readers are the two ways in which a directory is read.
func readers(t *testing.T, path string) map[string]Repository {
	t.Helper()
	direct, indirect := openAt(t, path, 3), openAt(t, path, 2)
	if direct.(*directory).direct == nil {
		t.Fatal("the repository cannot be read directly")
	}
	indirect.(*directory).direct = nil
	return map[string]Repository{"directly": direct, "by svnadmin": indirect}
}

// strict reads directly and leaves nothing to svnadmin.
type strict struct{ *directory }

func (s strict) Revisions(ctx context.Context, from, to int64) iter.Seq2[*svn.Revision, error] {
	return func(yield func(*svn.Revision, error) bool) {
		err := s.direct.Revisions(ctx, from, to, func(r *svn.Revision) error {
			if !yield(r, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}

// Repositories as Subversion makes them, with all that changes how they are
// stored.
func TestDirectory(t *testing.T) {
	generated := svntest.Generate(svntest.Shape{Seed: 5, Revisions: 130, Files: 30, FileSize: 2000, Branches: 8, Tags: 9, Merges: 8, Authors: 4}).History
	for name, c := range map[string]struct {
		h       *svntest.History
		options []string // of svnadmin create
		conf    string   // of the file system
		pack    bool
	}{
		"story":                          {h: svntest.Must(t, story)},
		"generated":                      {h: generated},
		"old zlib":                       {h: generated, options: []string{"--compatible-version", "1.9"}},
		"packed":                         {h: generated, conf: "[packed-revprops]\nrevprop-pack-size = 2\ncompress-packed-revprops = true\n", pack: true},
		"packed, properties as they are": {h: generated, pack: true},
		"no sharing":                     {h: generated, conf: "[rep-sharing]\nenable-rep-sharing = false\n"},
		"short chains":                   {h: generated, conf: "[deltification]\nmax-linear-deltification = 2\nmax-deltification-walk = 8\nenable-dir-deltification = true\nenable-props-deltification = true\n"},
		"before 1.9":                     {h: generated, options: []string{"--compatible-version", "1.8"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.h.Create(t, c.conf, c.options...)
			if c.pack {
				smallShards(t, path)
			}
			c.h.Load(t, path, 0, c.h.Latest())
			if c.pack {
				svntest.Run(t, nil, "svnadmin", "pack", "-q", path)
				if _, err := os.Stat(filepath.Join(path, "db", "revs", "2.pack", "pack")); err != nil {
					t.Fatal(err)
				}
			}
			indirect := openAt(t, path, 2).(*directory)
			all := map[string]svn.Repository{"by svnadmin": indirect}
			if indirect.direct != nil {
				all["directly"] = strict{openAt(t, path, 1).(*directory)}
				all["side by side"] = openAt(t, path, 3)
			} else if name != "before 1.9" {
				t.Error("the repository cannot be read directly")
			}
			indirect.direct = nil
			for name, r := range all {
				got, err := replayAll(t.Context(), r, 0, c.h.Latest())
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				compareTruth(t, c.h, got, 0, c.h.Latest())
			}
		})
	}
}

// smallShards makes shards of an empty repository small enough to be packed.
func smallShards(t *testing.T, path string) {
	t.Helper()
	format := filepath.Join(path, "db", "format")
	text, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(format, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(format, []byte(strings.Replace(string(text), "sharded 1000", "sharded 30", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDirectoryFacts(t *testing.T) {
	h, path := load(t)
	r := openAt(t, path, 2)
	if latest, err := r.Latest(t.Context()); err != nil || latest != h.Latest() {
		t.Errorf("the latest revision is %d, %v, want %d", latest, err, h.Latest())
	}
	if r.UUID() != h.UUID {
		t.Errorf("uuid %q, want %q", r.UUID(), h.UUID)
	}
}

// The log and the contents of a repository agree, whoever tells them.
func TestDirectoryLog(t *testing.T) {
	h, path := load(t)
	f, err := OpenFile(h.DumpFile(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range readers(t, path) {
		for _, from := range []int64{0, 1, 3, 6} {
			if diff := cmp.Diff(logOf(t, f, from, h.Latest()), logOf(t, r, from, h.Latest())); diff != "" {
				t.Errorf("%s, from r%d (-dump file +repository):\n%s", name, from, diff)
			}
		}
		for range r.Log(t.Context(), 1, h.Latest()) {
			break // which must end the program
		}
	}
}

// logOf returns a log in a form that does not depend on the order in which
// paths are told, nor on whether a replacement takes one step or two.
func logOf(t *testing.T, r svn.Repository, from, to int64) []svn.LogEntry {
	t.Helper()
	var all []svn.LogEntry
	for e, err := range r.Log(t.Context(), from, to) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Number == 0 {
			e.Props = nil // svn does not show them
		}
		slices.SortStableFunc(e.Changes, func(a, b svn.Change) int {
			if c := strings.Compare(a.Path, b.Path); c != 0 {
				return c
			}
			return strings.Compare(b.Action.String(), a.Action.String()) // delete before add
		})
		var changes []svn.Change
		for _, c := range e.Changes {
			if last := len(changes) - 1; last >= 0 && changes[last].Path == c.Path && changes[last].Action == svn.Delete {
				c.Action = svn.Replace
				changes = changes[:last]
			}
			c.TextChanged, c.PropsChanged = false, false // of new nodes everybody says something else
			if c.Action == svn.Delete {
				c.Kind = svn.Unknown
			}
			changes = append(changes, c)
		}
		e.Changes = changes
		if len(e.Props) == 0 {
			e.Props = nil
		}
		all = append(all, e)
	}
	return all
}

func TestOpenInside(t *testing.T) {
	_, path := load(t)
	for inside, want := range map[string]string{"": "", "trunk": "trunk", "trunk/lib": "trunk/lib", "no/such": "no/such"} {
		r := openAt(t, filepath.Join(path, inside), 1)
		if r.Prefix() != want {
			t.Errorf("the prefix of %q is %q", inside, r.Prefix())
		}
		if !strings.HasPrefix(r.Root(), "file:///") || !strings.HasSuffix(r.Root(), "/repository") {
			t.Errorf("the root of %q is %q", inside, r.Root())
		}
	}
}

func TestOpenFails(t *testing.T) {
	empty := t.TempDir()
	text := filepath.Join(empty, "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]providers.Code{
		filepath.Join(empty, "missing"): providers.CodeNotFound,
		empty:                           providers.CodeNotFound,
		text:                            providers.CodeInvalid,
	} {
		_, err := Open(t.Context(), path, Options{})
		if got := providers.CodeOf(err); err == nil || got != want {
			t.Errorf("Open(%s): %v, want the code %s", filepath.Base(path), err, want)
		}
	}
}

func TestDirectoryWithoutSubversion(t *testing.T) {
	h, path := load(t)
	all := readers(t, path)
	t.Setenv("PATH", t.TempDir())
	got, err := replayAll(t.Context(), all["directly"], 0, h.Latest())
	if err != nil {
		t.Fatal(err)
	}
	compareTruth(t, h, got, 0, h.Latest())
	for _, err := range all["by svnadmin"].Revisions(t.Context(), 0, 1) {
		if providers.CodeOf(err) != providers.CodeUnsupported {
			t.Errorf("error %v, want the code %s", err, providers.CodeUnsupported)
		}
		wantError(t, err, "svnadmin was not found")
	}
}

// A repository that is damaged is an error with the words of svnadmin.
func TestDirectoryDamaged(t *testing.T) {
	h, path := load(t)
	file := filepath.Join(path, "db", "revs", "0", "3")
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, r := range readers(t, path) {
		_, err := replayAll(t.Context(), r, 0, h.Latest())
		if err == nil || !strings.Contains(err.Error(), "svnadmin failed: svnadmin: E") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	direct := readers(t, path)["directly"]
	t.Setenv("PATH", t.TempDir())
	_, err := replayAll(t.Context(), direct, 0, h.Latest())
	wantError(t, err, "r3: ")
}

// What cannot be read directly is left to svnadmin from there on.
func TestDirectoryFallsBack(t *testing.T) {
	h, path := load(t)
	r := openAt(t, path, 1)
	// The properties of r4, where only svnadmin looks for them.
	r.(*directory).direct = elsewhere(t, path, 4)
	got, err := replayAll(t.Context(), r, 0, h.Latest())
	if err != nil {
		t.Fatal(err)
	}
	compareTruth(t, h, got, 0, h.Latest())
	if diff := cmp.Diff(logOf(t, openAt(t, path, 1), 0, h.Latest()), logOf(t, r, 0, h.Latest())); diff != "" {
		t.Errorf("log (-direct +fallen back):\n%s", diff)
	}
}

// elsewhere opens a copy of a repository in which a revision is missing.
func elsewhere(t *testing.T, path string, missing int) *fsfs.Repository {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "db", "revs", "0", strconv.Itoa(missing))); err != nil {
		t.Fatal(err)
	}
	r, err := fsfs.Open(dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDirectoryCanceled(t *testing.T) {
	h, path := load(t)
	for _, r := range readers(t, path) {
		for revision, err := range r.Revisions(t.Context(), 0, h.Latest()) {
			if err != nil {
				t.Fatal(err)
			}
			revision.Close()
			break // must end all programs before it returns
		}
	}
}

// Commits of clients are stored in other ways than what svnadmin loads: with
// several changes of one path in a transaction, and texts as they were sent.
func TestDirectoryOfClients(t *testing.T) {
	path := svntest.New().Create(t, "")
	url := (&url.URL{Scheme: "file", Path: path}).String()
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	commit := func(actions ...string) {
		t.Helper()
		svntest.Run(t, nil, "svnmucc", append([]string{"--non-interactive", "--config-dir", t.TempDir(), "-m", "message", "-U", url}, actions...)...)
	}
	long := strings.Repeat("a line that is the same everywhere\n", 5000)
	commit("mkdir", "trunk", "mkdir", "trunk/d", "put", file("one\n"), "trunk/a", "put", file(long), "trunk/d/b", "put", file(""), "trunk/empty", "mkdir", "branches")
	commit("put", file(long+"more\n"), "trunk/d/b", "propset", "p", "v", "trunk/d/b", "propset", "svn:ignore", "*.o\n", "trunk")
	commit("cp", "1", "trunk", "branches/x", "put", file("two\n"), "branches/x/a", "rm", "branches/x/empty")
	commit("cp", "HEAD", "trunk", "branches/mixed", "rm", "branches/mixed/d", "cp", "1", "trunk/d", "branches/mixed/d", "propset", "p", "w", "branches/mixed/d/b")
	commit("put", file("lazily copied\n"), "branches/mixed/a", "propdel", "p", "branches/mixed/d/b")
	commit("rm", "trunk/a", "put", file("replaced\n"), "trunk/a", "mv", "trunk/d", "trunk/e")
	commit("put", file("replaced\n"), "trunk/e/b", "put", file("one\n"), "trunk/again")
	commit("rm", "branches/x", "cp", "3", "branches/x", "branches/x", "put", file(""), "trunk/a")
	for i := range 40 { // longer than differences are in a row
		commit("put", file(strings.Repeat("x\n", i)+long), "trunk/e/b")
	}
	all := readers(t, path)
	latest, err := all["directly"].Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := replayAll(t.Context(), all["by svnadmin"], 0, latest)
	if err != nil {
		t.Fatal(err)
	}
	got, err := replayAll(t.Context(), strict{all["directly"].(*directory)}, 0, latest)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(replay{})); diff != "" {
		t.Errorf("(-by svnadmin +directly):\n%s", diff)
	}
}
