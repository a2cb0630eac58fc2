package directory

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func createdRef(id string) schema.Ref { return schema.Ref{ID: id, URL: id + ".git"} }

func TestInspectTellsWhatStands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	target := openedTarget(t, dir)
	place := providers.Place{Namespace: "acme", Name: "api"}
	if got := standing(t, target, place); got.Exists || got.Problem != nil {
		t.Errorf("nothing stands as %+v", got)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made the archive: %v", err)
	}
	ref := created(t, target)
	raw := bareRepository(t)
	push(t, target, ref, providers.PartCode, raw)
	push(t, target, ref, providers.PartWiki, raw)
	write(t, target, ref, label("1", "one"), label("2", "two"))
	finish(t, target, ref)
	write(t, target, ref, label("2", "new two"), label("3", "three")) // stays in the journal

	refs := refsOf(t, raw)
	want := providers.Standing{
		Exists: true, Ref: createdRef("acme/api"), Namespace: "acme", Name: "api", Marker: "forge:1", Refs: refs, WikiRefs: refs,
		DefaultBranch: "refs/heads/main", Counts: labels(3),
	}
	if diff := cmp.Diff(want, standing(t, target, place)); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
}

func TestInspectEndsWithItsContext(t *testing.T) {
	target := openedTarget(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	places := make([]providers.Place, 100)
	for i := range places {
		places[i] = providers.Place{ID: i, Name: "api"}
	}
	seen, last := 0, error(nil)
	for _, err := range target.Inspect(ctx, places) {
		seen++
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) || seen > 2 {
		t.Errorf("%d answers, the last with error %v", seen, last)
	}
}

func TestCreate(t *testing.T) {
	place := providers.Place{Namespace: "acme", Name: "api"}
	foreign := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			gitRun(t, t.TempDir(), "init", "--quiet", "--bare", "--initial-branch=trunk", filepath.Join(dir, "acme", name))
		}
	}
	ours := func(marker string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if _, err := openedTarget(t, dir).Create(t.Context(), createRequest("acme", "api", marker)); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "acme", name), text) }
	}
	tests := []struct {
		name    string
		before  func(*testing.T, string)
		request providers.CreateRequest
		code    providers.Code
		branch  string // default branch afterwards
	}{
		{"nothing", func(*testing.T, string) {}, providers.CreateRequest{Marker: "forge:1", DefaultBranch: "refs/heads/dev"}, "", "refs/heads/dev"},
		{"nothing, sha256", func(*testing.T, string) {}, providers.CreateRequest{Marker: "forge:1", ObjectFormat: "sha256"}, "", "refs/heads/main"},
		{"the same again", ours("forge:1"), providers.CreateRequest{Marker: "forge:1", DefaultBranch: "other"}, "", "refs/heads/main"},
		{"another one", ours("forge:2"), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"another one, adopted", ours("forge:2"), providers.CreateRequest{Marker: "forge:1", Adopt: true}, "", "refs/heads/main"},
		{"a stranger", foreign("api.git"), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"a stranger, adopted", foreign("api.git"), providers.CreateRequest{Marker: "forge:1", Adopt: true}, "", "refs/heads/trunk"},
		{"a stranger of another object format", foreign("api.git"), providers.CreateRequest{Marker: "forge:1", Adopt: true, ObjectFormat: "sha256"}, providers.CodeConflict, ""},
		{"a strange wiki", foreign("api.wiki.git"), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"strange records", file("api.records/labels.ndjson", ""), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"a folder that is no repository", file("api.git/readme", ""), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"a file in the way", file("api.git", ""), providers.CreateRequest{Marker: "forge:1"}, providers.CodeConflict, ""},
		{"leftovers", file(".api.git.tmp-X/HEAD", ""), providers.CreateRequest{Marker: "forge:1", DefaultBranch: "main"}, "", "refs/heads/main"},
		{"an unknown object format", func(*testing.T, string) {}, providers.CreateRequest{Marker: "forge:1", ObjectFormat: "md5"}, providers.CodeInternal, ""},
		{"no marker", func(*testing.T, string) {}, providers.CreateRequest{}, providers.CodeInvalid, ""},
		{"a marker that is not text", func(*testing.T, string) {}, providers.CreateRequest{Marker: "\xff"}, providers.CodeInvalid, ""},
		{"a huge marker", func(*testing.T, string) {}, providers.CreateRequest{Marker: strings.Repeat("x", maxMarker+1)}, providers.CodeInvalid, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.before(t, dir)
			target := openedTarget(t, dir)
			test.request.Place = place
			ref, err := target.Create(t.Context(), test.request)
			if code := providers.CodeOf(err); code != test.code {
				t.Fatalf("code is %q, want %q: %v", code, test.code, err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(createdRef("acme/api"), ref); diff != "" {
				t.Errorf("ref (-want +got):\n%s", diff)
			}
			got := standing(t, target, place)
			if !got.Exists || got.Marker != test.request.Marker || got.DefaultBranch != test.branch {
				t.Errorf("afterwards stands %+v", got)
			}
			left, err := filepath.Glob(filepath.Join(dir, "acme", ".*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestAdoptedRecordsAreCounted(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "acme", "api.records", "labels.ndjson"), labelLine("1")+labelLine("2"))
	target := openedTarget(t, dir)
	request := createRequest("acme", "api", "forge:1")
	request.Adopt = true
	ref, err := target.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	write(t, target, ref, label("2", "new"), label("3", "three"))
	if diff := cmp.Diff(labels(3), finish(t, target, ref)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestMove(t *testing.T) {
	tests := []struct {
		name   string
		before func(*testing.T, string)
		to     providers.Place
		code   providers.Code
	}{
		{"to a new namespace", func(*testing.T, string) {}, providers.Place{Namespace: "new/one", Name: "web"}, ""},
		{"to the root", func(*testing.T, string) {}, providers.Place{Name: "web"}, ""},
		{"to where it is", func(*testing.T, string) {}, providers.Place{Namespace: "acme", Name: "api"}, ""},
		{"to a bad name", func(*testing.T, string) {}, providers.Place{Name: "../web"}, providers.CodeInvalid},
		{"onto a repository", func(t *testing.T, dir string) {
			if _, err := openedTarget(t, dir).Create(t.Context(), createRequest("", "web", "forge:2")); err != nil {
				t.Fatal(err)
			}
		}, providers.Place{Name: "web"}, providers.CodeConflict},
		{"onto records", func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "web.records", "labels.ndjson"), "")
		}, providers.Place{Name: "web"}, providers.CodeConflict},
		{"of nothing", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "acme", "api.git")); err != nil {
				t.Fatal(err)
			}
		}, providers.Place{Name: "web"}, providers.CodeNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			target := openedTarget(t, dir)
			ref := created(t, target)
			push(t, target, ref, providers.PartWiki, bareRepository(t))
			write(t, target, ref, label("1", "one"))
			test.before(t, dir)
			before := files(t, dir)
			was := standing(t, target, providers.Place{Namespace: "acme", Name: "api"})

			moved, err := target.Move(t.Context(), ref, test.to)
			if code := providers.CodeOf(err); code != test.code {
				t.Fatalf("code is %q, want %q: %v", code, test.code, err)
			}
			if err != nil {
				if diff := cmp.Diff(before, files(t, dir)); diff != "" {
					t.Errorf("a refused move changed something (-before +after):\n%s", diff)
				}
				return
			}
			was.Ref, was.Namespace, was.Name = moved, test.to.Namespace, test.to.Name
			if diff := cmp.Diff(was, standing(t, target, test.to)); diff != "" {
				t.Errorf("what moved is not what was there (-before +after):\n%s", diff)
			}
			if again, err := target.Move(t.Context(), ref, test.to); err != nil || again != moved {
				t.Errorf("moving again: %v, %v", again, err)
			}
		})
	}
}

func TestWriteRefusesOneByOne(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	content := filepath.Join(t.TempDir(), "content")
	writeFile(t, content, "content")
	attachment := func(blob schema.Blob, content string) providers.Write {
		return providers.Write{Content: content, Record: schema.Record{Kind: schema.KindAttachment, ID: "1", Revision: "1", Body: json.RawMessage(`{}`), Blob: &blob}}
	}
	with := func(change func(*providers.Write)) providers.Write {
		w := label("1", "one")
		change(&w)
		return w
	}
	bad := map[string]providers.Write{
		"unknown kind":    with(func(w *providers.Write) { w.Record.Kind = "secret" }),
		"no id":           with(func(w *providers.Write) { w.Record.ID = "" }),
		"no revision":     with(func(w *providers.Write) { w.Record.Revision = "" }),
		"body not JSON":   with(func(w *providers.Write) { w.Record.Body = json.RawMessage(`{`) }),
		"id not text":     with(func(w *providers.Write) { w.Record.ID = "\xff" }),
		"parent not text": with(func(w *providers.Write) { w.Record.Parent = &schema.Key{Kind: schema.KindIssue, ID: "\xff"} }),
		"after not text":  with(func(w *providers.Write) { w.Record.After = []schema.Key{{Kind: "\xff", ID: "1"}} }),
		"endless line": with(func(w *providers.Write) {
			w.Record.Parent = &schema.Key{Kind: "issue", ID: strings.Repeat("x", maxLine)}
		}),
		"ref of another":    with(func(w *providers.Write) { w.Ref.ID = "2" }),
		"missing content":   attachment(schema.Blob{ID: "url", Size: -1}, ""),
		"vanished content":  attachment(schema.Blob{ID: "url", Size: -1}, filepath.Join(t.TempDir(), "gone")),
		"wrong digest":      attachment(schema.Blob{ID: "url", Size: -1, SHA256: sum("other")}, content),
		"wrong size":        attachment(schema.Blob{ID: "url", Size: 3, SHA256: sum("content")}, content),
		"malformed digest":  attachment(schema.Blob{ID: "url", Size: -1, SHA256: "../../../../etc/passwd"}, content),
		"blob without name": attachment(schema.Blob{Size: -1}, content),
	}
	for name, w := range bad {
		t.Run(name, func(t *testing.T) {
			written, err := target.Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: []providers.Write{label("a", "before"), w, label("b", "after")}})
			if err != nil {
				t.Fatal(err)
			}
			if written[0].Problem != nil || written[2].Problem != nil {
				t.Errorf("its neighbours were refused: %v, %v", written[0].Problem, written[2].Problem)
			}
			if written[1].Problem == nil || written[1].Problem.Code != providers.CodeInvalid || written[1].Ref != (schema.Ref{}) {
				t.Errorf("it was answered by %+v", written[1])
			}
		})
	}
	if diff := cmp.Diff(labels(2), finish(t, target, ref)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	for name := range files(t, filepath.Join(dir, "acme", "api.records")) {
		if strings.Contains(name, "blob") {
			t.Errorf("%s is left of a refused attachment", name)
		}
	}
}

func TestContentIsStoredOnce(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	content := filepath.Join(t.TempDir(), "content")
	writeFile(t, content, "content")
	attachment := func(id string, blob schema.Blob, content string) providers.Write {
		return providers.Write{Content: content, Record: schema.Record{Kind: schema.KindAttachment, ID: id, Revision: "1", Body: json.RawMessage(`{}`), Blob: &blob}}
	}
	write(t, target, ref,
		attachment("1", schema.Blob{ID: "url", Size: -1}, content),
		attachment("2", schema.Blob{ID: "other", Size: 7, SHA256: sum("content")}, content),
		attachment("3", schema.Blob{ID: "held", Size: 7, SHA256: sum("content")}, ""))
	finish(t, target, ref)
	root, err := target.archive.open()
	if err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(root, location{"acme", "api"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(blobTotals{Count: 1, Bytes: 7}, m.Blobs); diff != "" {
		t.Errorf("blobs (-want +got):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	target := openedTarget(t, t.TempDir())
	ref := created(t, target)
	first := write(t, target, ref, label("1", "one"), label("<2>", "escaped"))
	finish(t, target, ref)
	third := write(t, target, ref, label("3", "waiting"))
	keys := []schema.Key{
		{Kind: schema.KindLabel, ID: "3"}, {Kind: schema.KindIssue, ID: "1"}, {Kind: schema.KindLabel, ID: "1"},
		{Kind: schema.KindLabel, ID: "<2>"}, {Kind: schema.KindRef, ID: "refs/heads/main"}, {Kind: schema.KindLabel, ID: "1"},
	}
	found, err := target.Find(t.Context(), ref, providers.WantedKeys(keys...))
	if err != nil {
		t.Fatal(err)
	}
	if first[1].Version == "" || first[1].URL != "acme/api.records/labels.ndjson#%3C2%3E" {
		t.Errorf("a record is at %+v", first[1])
	}
	want := []schema.Ref{third[0], {}, first[0], first[1], {}, first[0]}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
}

func TestTornJournal(t *testing.T) {
	whole := `{"kind":"label","id":"1","revision":"1","body":{}}` + "\n"
	for cut := range len(whole) {
		dir := t.TempDir()
		target := openedTarget(t, dir)
		ref := created(t, target)
		journal := filepath.Join(dir, "acme", "api.records", "incoming", "journal.ndjson")
		writeFile(t, journal, strings.Replace(whole, `"1"`, `"0"`, 1)+whole[:cut])
		if cut%2 == 0 { // with and without a write in between
			write(t, target, ref, label("2", "two"))
		}
		if cut == 0 {
			continue
		}
		found, err := target.Find(t.Context(), ref, providers.WantedKeys(schema.Key{Kind: schema.KindLabel, ID: "0"}, schema.Key{Kind: schema.KindLabel, ID: "1"}))
		if err != nil || found[0].ID != "0" || found[1].ID != "" {
			t.Errorf("cut at %d: found %v, %v", cut, found, err)
		}
		want := int64(1 + (cut+1)%2)
		if got := finish(t, target, ref)[schema.KindLabel]; got != want {
			t.Errorf("cut at %d: %d labels, want %d", cut, got, want)
		}
	}
}

// TestDamagedFilesAreKept makes sure that sorting does not drop what it cannot
// read.
func TestDamagedFilesAreKept(t *testing.T) {
	for _, text := range []string{"not JSON\n", `{"kind":"issue","id":"1","revision":"1","body":{}}` + "\n", "{}\n", strings.Repeat(" ", maxLine+1) + "\n"} {
		dir := t.TempDir()
		target := openedTarget(t, dir)
		ref := created(t, target)
		labels := filepath.Join(dir, "acme", "api.records", "labels.ndjson")
		writeFile(t, labels, text)
		write(t, target, ref, label("1", "one"))
		if _, err := target.Finish(t.Context(), providers.FinishRequest{Repo: ref}); providers.CodeOf(err) != providers.CodeConflict {
			t.Errorf("%.20q: %v", text, err)
		}
		if got, err := os.ReadFile(labels); err != nil || string(got) != text {
			t.Errorf("%.20q became %.20q, %v", text, got, err)
		}
	}
}

// TestEditedOrderIsRepaired edits a file so that its lines are out of order.
func TestEditedOrderIsRepaired(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	line := func(id, revision string) string {
		return `{"kind":"label","id":"` + id + `","revision":"` + revision + `","body":{}}` + "\n"
	}
	labels := filepath.Join(dir, "acme", "api.records", "labels.ndjson")
	writeFile(t, labels, line("3", "old")+line("1", "kept")+"\n"+line("2", "older")+line("2", "kept"))
	write(t, target, ref, providers.Write{Record: schema.Record{Kind: schema.KindLabel, ID: "3", Revision: "new", Body: json.RawMessage("{}")}})
	finish(t, target, ref)
	got, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(line("1", "kept")+line("2", "kept")+line("3", "new"), string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}
