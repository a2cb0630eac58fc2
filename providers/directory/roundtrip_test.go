package directory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// TestRoundTrip fills an archive with every kind of record, git data, a wiki, LFS
// objects and attachments, reads it back, and copies it into another archive
// through the contract alone.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	first := openedTarget(t, dir)
	ref := created(t, first)
	raw := bareRepository(t)
	lfs := addLFS(t, raw, "large file")
	push(t, first, ref, providers.PartCode, raw)
	push(t, first, ref, providers.PartWiki, bareRepository(t))
	records := exampleRecords(t)
	content := filepath.Join(t.TempDir(), "content")
	writeFile(t, content, "PNG")
	for _, record := range records {
		write(t, first, ref, providers.Write{Record: record, Content: content})
	}
	want := map[schema.Kind]int64{}
	for _, kind := range schema.Kinds() {
		want[kind] = 1
	}
	if diff := cmp.Diff(want, finish(t, first, ref)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}

	source := openedSource(t, dir)
	for i, kind := range schema.Kinds() {
		messages := readAll(t, source, providers.ReadRequest{Repo: repo("acme/api"), Stream: kind.Plural()})
		want := records[i]
		if want.Blob != nil {
			want.Blob = &schema.Blob{ID: sum("PNG"), SHA256: sum("PNG"), Size: 3}
		}
		if diff := cmp.Diff([]providers.Message{
			{Record: &want},
			{End: &providers.StreamEnd{Counts: map[schema.Kind]int64{kind: 1}, Complete: true}},
		}, messages); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}

	facts := inspection(t, source, providers.Lookup{Repo: repo("acme/api")}).Facts
	if facts.Identity != "forge:1" || facts.Name != "api" || facts.Visibility != "internal" || facts.DefaultBranch != "refs/heads/main" {
		t.Errorf("facts are %+v", facts)
	}
	if diff := cmp.Diff(want, facts.Counts); diff != "" {
		t.Errorf("counts at the source (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(refsOf(t, raw), facts.Refs); diff != "" {
		t.Errorf("refs at the source (-want +got):\n%s", diff)
	}

	copied := t.TempDir()
	copyArchive(t, source, openedTarget(t, copied))
	if diff := cmp.Diff(files(t, dir), files(t, copied)); diff != "" {
		t.Errorf("the copy differs (-original +copy):\n%s", diff)
	}
	if _, ok := files(t, copied)[filepath.Join("acme", "api.git", filepath.FromSlash(lfsName(lfs)))]; !ok {
		t.Error("the LFS object did not arrive in the copy")
	}

	copyArchive(t, source, openedTarget(t, copied))
	if diff := cmp.Diff(files(t, dir), files(t, copied)); diff != "" {
		t.Errorf("copying again changed something (-original +copy):\n%s", diff)
	}
}

// copyArchive migrates every repository of source, as an engine would.
func copyArchive(t *testing.T, source *source, target *target) {
	t.Helper()
	for found, err := range source.Discover(t.Context(), providers.Query{Kind: "repositories"}) {
		if err != nil {
			t.Fatal(err)
		}
		if found.End != nil {
			if !found.End.Complete {
				t.Fatalf("the listing is not complete: %v", found.End.Problem)
			}
			continue
		}
		asked := repo(found.Item.FullName)
		facts := inspection(t, source, providers.Lookup{Repo: asked}).Facts
		ref, err := target.Create(t.Context(), providers.CreateRequest{
			Place:  providers.Place{Namespace: found.Item.Owner, Name: found.Item.Name},
			Marker: facts.Identity, ObjectFormat: facts.ObjectFormat, DefaultBranch: facts.DefaultBranch,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range facts.Parts {
			dir := filepath.Join(t.TempDir(), "raw.git")
			if _, err := source.ExportGit(t.Context(), providers.ExportRequest{Repo: asked, Part: part, Dir: dir}, ignore); err != nil {
				t.Fatal(err)
			}
			push(t, target, ref, part, dir)
		}
		for _, stream := range New().Description.Source.Streams {
			for _, message := range readAll(t, source, providers.ReadRequest{Repo: asked, Stream: stream.Name}) {
				if message.Failed != nil {
					t.Fatal(message.Failed.Problem)
				}
				if message.Record != nil {
					write(t, target, ref, providers.Write{Record: *message.Record, Content: fetchBlob(t, source, asked, message.Record.Blob)})
				}
			}
		}
		finish(t, target, ref)
	}
}

func fetchBlob(t *testing.T, source *source, asked providers.Repo, blob *schema.Blob) string {
	t.Helper()
	if blob == nil {
		return ""
	}
	in, err := source.OpenBlob(t.Context(), asked, *blob)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	content := filepath.Join(t.TempDir(), "content")
	writeFile(t, content, string(data))
	return content
}

// push pushes everything of the bare repository raw that the target does not
// have.
func push(t testing.TB, target *target, ref schema.Ref, part providers.Part, raw string) providers.Pushed {
	t.Helper()
	refs := refsOf(t, raw)
	head := gitRun(t, raw, "--git-dir="+raw, "symbolic-ref", "HEAD")
	pushed, err := target.Push(t.Context(), providers.PushRequest{
		Repo: ref, Part: part, Dir: raw, Updates: updatesTo(refs), DefaultBranch: head,
	}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %+v", pushed.Failed)
	}
	if diff := cmp.Diff(refs, pushed.Refs); diff != "" {
		t.Fatalf("pushed refs (-want +got):\n%s", diff)
	}
	return pushed
}

// exampleRecords are the records of the example bodies, one a kind, with bodies
// that are not what encoding/json would write.
func exampleRecords(t testing.TB) []schema.Record {
	t.Helper()
	var records []schema.Record
	for i, kind := range schema.Kinds() {
		example, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "kinds", string(kind)+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if err := json.Compact(&body, example); err != nil {
			t.Fatal(err)
		}
		oddities := []byte(`,"z":1.0e+2,"<a>":"<\u00fc&\u2028\/>","z":null}`)
		record := schema.Record{
			Kind: kind, ID: "id/ü \"" + string(kind) + "\"", Revision: "2025-02-01T08:00:00Z",
			Body: append(bytes.TrimSuffix(body.Bytes(), []byte("}")), oddities...),
		}
		if i > 0 {
			record.Parent = &schema.Key{Kind: schema.KindIssue, ID: "412"}
			record.After = []schema.Key{{Kind: schema.KindLabel, ID: "<1>"}}
		}
		if kind == schema.KindAttachment {
			record.Blob = &schema.Blob{ID: "https://forge.example/uploads/1", Size: -1}
		}
		records = append(records, record)
	}
	return records
}

// addLFS puts an LFS object and the pointer to it into a repository.
func addLFS(t testing.TB, dir, text string) string {
	t.Helper()
	oid := sum(text)
	writeFile(t, filepath.Join(dir, filepath.FromSlash(lfsName(oid))), text)
	commit(t, dir, "refs/heads/main", "version https://git-lfs.github.com/spec/v1\noid sha256:"+oid+"\nsize "+itoa(len(text))+"\n")
	return oid
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// TestOrderDoesNotMatter writes the same records in other orders and batches,
// with updates, and expects the same bytes.
func TestOrderDoesNotMatter(t *testing.T) {
	writes := []providers.Write{
		label("10", "ten"), label("9", "nine"), label("09", "old nine"), label("1a", "text"), label("a", "letter"),
		label("B", "capital"), label("18446744073709551616", "big"), label("0", "zero"),
	}
	var want map[string]string
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {7, 3, 5, 1, 0, 2, 4, 6}} {
		dir := t.TempDir()
		target := openedTarget(t, dir)
		ref := created(t, target)
		for n, i := range order {
			stale := writes[i]
			stale.Record.Revision = "0"
			write(t, target, ref, stale)
			write(t, target, ref, writes[i])
			if n%3 == 0 {
				finish(t, target, ref)
			}
		}
		finish(t, target, ref)
		got := files(t, dir)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order %v (-want +got):\n%s", order, diff)
		}
	}
	var ids []string
	for line := range bytes.Lines([]byte(want[filepath.Join("acme", "api.records", "labels.ndjson")])) {
		key, err := lineKey(line)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, key.ID)
	}
	if diff := cmp.Diff([]string{"0", "09", "9", "10", "18446744073709551616", "1a", "B", "a"}, ids); diff != "" {
		t.Errorf("order of ids (-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(name string) bool { return filepath.Base(name) == "incoming" }) {
		t.Error("the journal is still there")
	}
}
