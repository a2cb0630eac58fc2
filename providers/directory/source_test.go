package directory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// handMade is an archive that nobody's program wrote: a repository with a file
// of labels and no manifest.
func handMade(t *testing.T, labels string) (dir string, source *source) {
	t.Helper()
	dir = t.TempDir()
	gitRun(t, dir, "clone", "--quiet", "--bare", bareRepository(t), filepath.Join(dir, "acme", "api.git"))
	writeFile(t, filepath.Join(dir, "acme", "api.records", "labels.ndjson"), labels)
	return dir, openedSource(t, dir)
}

func labelLine(id string) string {
	return `{"kind":"label","id":"` + id + `","revision":"1","body":{"name":"` + id + `"}}` + "\n"
}

func TestOpenSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	tests := []struct {
		settings string
		code     providers.Code
	}{
		{`{"path":"gone"}`, providers.CodeNotFound},
		{`{"path":""}`, providers.CodeInvalid},
		{`[]`, providers.CodeInvalid},
		{`{"path":"` + file + `"}`, providers.CodeInvalid},
	}
	for _, test := range tests {
		_, err := openSource(t.Context(), providers.Config{Settings: []byte(test.settings), Dir: t.TempDir()})
		if providers.CodeOf(err) != test.code {
			t.Errorf("%s: %v; want code %s", test.settings, err, test.code)
		}
	}
}

func TestPathIsRelativeToThePlan(t *testing.T) {
	plan := t.TempDir()
	if err := os.Mkdir(filepath.Join(plan, "archive"), 0o777); err != nil {
		t.Fatal(err)
	}
	opened, err := openSource(t.Context(), providers.Config{Settings: []byte(`{"path":"./archive"}`), Dir: plan})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

func TestHandMadeArchive(t *testing.T) {
	dir, source := handMade(t, labelLine("1")+labelLine("2"))
	facts := inspection(t, source, providers.Lookup{ID: 3, Repo: repo("acme/api")}).Facts
	if facts.Identity != "directory:acme/api" || facts.Counts[schema.KindLabel] != 2 || len(facts.Refs) != 3 || facts.GitBytes == 0 {
		t.Errorf("facts are %+v", facts)
	}
	unchanged := inspection(t, source, providers.Lookup{ID: 3, Repo: repo("acme/api"), ETag: facts.ETag})
	if !unchanged.Unchanged || unchanged.ID != 3 {
		t.Errorf("answer with the ETag of the facts: %+v", unchanged)
	}
	writeFile(t, filepath.Join(dir, "acme", "api.records", "labels.ndjson"), labelLine("1")+labelLine("3"))
	edited := inspection(t, source, providers.Lookup{Repo: repo("acme/api"), ETag: facts.ETag}).Facts
	if edited == nil || edited.Streams["labels"] == facts.Streams["labels"] || edited.Streams["issues"] != facts.Streams["issues"] {
		t.Errorf("facts after an edit: %+v", edited)
	}
}

// TestEditIsNoticed edits an archive that has a manifest, once keeping the size
// and once keeping the time.
func TestEditIsNoticed(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	write(t, target, ref, label("1", "one"))
	finish(t, target, ref)
	source := openedSource(t, dir)
	labels := filepath.Join(dir, "acme", "api.records", "labels.ndjson")
	original, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "acme", "api.records", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	before := inspection(t, source, providers.Lookup{Repo: repo("acme/api")}).Facts
	for text, modified := range map[string]time.Time{
		strings.Replace(string(original), "one", "two", 1): info.ModTime().Add(time.Second),
		string(original) + labelLine("2"):                  info.ModTime(),
	} {
		writeFile(t, labels, text)
		if err := os.Chtimes(labels, modified, modified); err != nil {
			t.Fatal(err)
		}
		after := inspection(t, source, providers.Lookup{Repo: repo("acme/api"), ETag: before.ETag}).Facts
		if after == nil || after.Streams["labels"] == before.Streams["labels"] {
			t.Errorf("%q was not noticed", text)
		}
	}
}

func TestInspectProblems(t *testing.T) {
	dir, source := handMade(t, "")
	writeFile(t, filepath.Join(dir, "bad.git", "readme"), "")
	writeFile(t, filepath.Join(dir, "torn.records", "manifest.json"), `{"format":`)
	writeFile(t, filepath.Join(dir, "newer.records", "manifest.json"), `{"format":"drover-archive-2","identity":"x"}`)
	writeFile(t, filepath.Join(dir, "huge.records", "manifest.json"), strings.Repeat(" ", maxManifest+1))
	gitRun(t, dir, "clone", "--quiet", "--bare", filepath.Join(dir, "acme", "api.git"), filepath.Join(dir, "borrowing.git"))
	writeFile(t, filepath.Join(dir, "borrowing.git", "objects", "info", "alternates"), "/somebody/elses.git/objects\n")
	tests := map[string]providers.Code{
		"acme/gone":          providers.CodeNotFound,
		"../acme/api":        providers.CodeInvalid,
		"acme/api.git":       providers.CodeInvalid,
		"/acme/api":          providers.CodeInvalid,
		"acme/api.git/hooks": providers.CodeInvalid,
		"":                   providers.CodeInvalid,
		"bad":                providers.CodeConflict,
		"torn":               providers.CodeInvalid,
		"newer":              providers.CodeUnsupported,
		"huge":               providers.CodeInternal,
		"borrowing":          providers.CodeDenied,
	}
	for path, code := range tests {
		got := inspection(t, source, providers.Lookup{Repo: repo(path)})
		if got.Problem == nil || got.Problem.Code != code {
			t.Errorf("%q: %+v; want code %s", path, got, code)
		}
	}
}

func TestUnfinishedArchiveIsNotRead(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	write(t, target, ref, label("1", "one"))
	source := openedSource(t, dir)
	if got := inspection(t, source, providers.Lookup{Repo: repo("acme/api")}); got.Problem == nil || got.Problem.Code != providers.CodeConflict {
		t.Errorf("Inspect: %+v", got)
	}
	for _, err := range source.Read(t.Context(), providers.ReadRequest{Repo: repo("acme/api"), Stream: "labels"}) {
		if providers.CodeOf(err) != providers.CodeConflict {
			t.Errorf("Read: %v", err)
		}
	}
}

func TestReadReportsBadLines(t *testing.T) {
	_, source := handMade(t, labelLine("1")+
		"not JSON\n"+
		"\n"+
		`{"kind":"issue","id":"1","revision":"1","body":{}}`+"\n"+
		`{"kind":"label","id":"","revision":"1","body":{}}`+"\n"+
		`{"kind":"label","id":"x","revision":"1","body":"`+strings.Repeat("x", schema.MaxBody)+`"}`+"\n"+
		strings.Repeat("x", maxLine+1)+"\n"+
		strings.Repeat("[", 100_000)+"\n"+
		strings.TrimSuffix(labelLine("2"), "\n"))
	var got []string
	for _, message := range readAll(t, source, providers.ReadRequest{Repo: repo("acme/api"), Stream: "labels"}) {
		switch {
		case message.Record != nil:
			got = append(got, message.Record.ID)
		case message.Failed != nil:
			got = append(got, "failed "+message.Failed.Key.String())
		case message.End != nil:
			got = append(got, fmt.Sprintf("end %v %v", message.End.Counts, message.End.Complete))
		}
	}
	want := []string{"1", "failed label line 2", "failed label line 4", "failed label line 5", "failed label line 6",
		"failed label line 7", "failed label line 8", "2", "end map[label:8] true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if facts := inspection(t, source, providers.Lookup{Repo: repo("acme/api")}).Facts; facts.Counts[schema.KindLabel] != 8 {
		t.Errorf("the facts count %d labels", facts.Counts[schema.KindLabel])
	}
}

// TestReadResumes reads on from every checkpoint.
func TestReadResumes(t *testing.T) {
	const n = 3*checkpointEvery + 7
	var text strings.Builder
	for i := range n {
		text.WriteString(labelLine(fmt.Sprint(i)))
	}
	dir, source := handMade(t, text.String())
	request := providers.ReadRequest{Repo: repo("acme/api"), Stream: "labels"}
	all := readAll(t, source, request)
	checkpoints := 0
	for i, message := range all {
		if message.Checkpoint == nil {
			continue
		}
		checkpoints++
		if len(*message.Checkpoint) > schema.MaxCursor {
			t.Errorf("a cursor has %d bytes", len(*message.Checkpoint))
		}
		request.Cursor = *message.Checkpoint
		if diff := cmp.Diff(all[i+1:], readAll(t, source, request)); diff != "" {
			t.Errorf("from checkpoint %d (-want +got):\n%s", checkpoints, diff)
		}
	}
	if checkpoints != 3 {
		t.Fatalf("%d checkpoints", checkpoints)
	}
	// A file that changed before the cursor, or a cursor of somebody else, is read from the start.
	for _, cursor := range []schema.Cursor{request.Cursor, "nonsense", `{"end":-1,"size":-1}`, `{"end":9223372036854775807,"line":1,"count":1,"size":9,"sum":""}`} {
		writeFile(t, filepath.Join(dir, "acme", "api.records", "labels.ndjson"), strings.Replace(text.String(), `"name":"1`, `"name":"changed 1`, 1))
		request.Cursor = cursor
		if got := readAll(t, source, request); len(got) != len(all) {
			t.Errorf("cursor %s: %d messages, want %d", cursor, len(got), len(all))
		}
	}
}

func TestReadOtherStreams(t *testing.T) {
	_, source := handMade(t, labelLine("1"))
	end := func(counts map[schema.Kind]int64) []providers.Message {
		return []providers.Message{{End: &providers.StreamEnd{Counts: counts, Complete: true}}}
	}
	request := providers.ReadRequest{Repo: repo("acme/api"), Stream: "issues"}
	if diff := cmp.Diff(end(map[schema.Kind]int64{schema.KindIssue: 0}), readAll(t, source, request)); diff != "" {
		t.Errorf("a kind without a file (-want +got):\n%s", diff)
	}
	request = providers.ReadRequest{Repo: repo("acme/api"), Stream: "labels", Kinds: []schema.Kind{schema.KindIssue}}
	if diff := cmp.Diff(end(map[schema.Kind]int64{}), readAll(t, source, request)); diff != "" {
		t.Errorf("a kind nobody asked for (-want +got):\n%s", diff)
	}
	request.Stream = "../labels"
	for _, err := range source.Read(t.Context(), request) {
		if providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("an unknown stream: %v", err)
		}
	}
}

func TestExportGitAccountsForLFS(t *testing.T) {
	dir, source := handMade(t, "")
	git := filepath.Join(dir, "acme", "api.git")
	addLFS(t, git, "held")
	gone := addLFS(t, git, "gone")
	broken := addLFS(t, git, "broken")
	if err := os.Remove(filepath.Join(git, filepath.FromSlash(lfsName(gone)))); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(git, filepath.FromSlash(lfsName(broken))), "damaged")
	request := providers.ExportRequest{Repo: repo("acme/api"), Part: providers.PartCode, Dir: filepath.Join(t.TempDir(), "raw.git")}
	for range 2 {
		export, err := source.ExportGit(t.Context(), request, ignore)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(schema.Count{Source: 3, Fetched: 1, Failed: 2}, export.LFS); diff != "" {
			t.Errorf("count (-want +got):\n%s", diff)
		}
		codes := map[string]providers.Code{}
		for _, failed := range export.Failed {
			codes[failed.Key.ID] = failed.Problem.Code
		}
		if diff := cmp.Diff(map[string]providers.Code{gone: providers.CodeNotFound, broken: providers.CodeInvalid}, codes); diff != "" {
			t.Errorf("failed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(refsOf(t, git), export.Refs); diff != "" {
			t.Errorf("refs (-want +got):\n%s", diff)
		}
	}
	request.Part = providers.PartWiki
	if _, err := source.ExportGit(t.Context(), request, nil); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("a wiki that is not there: %v", err)
	}
}

func TestAuthors(t *testing.T) {
	_, source := handMade(t, "")
	var got []schema.Author
	for author, err := range source.Authors(t.Context(), repo("acme/api"), t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, author)
	}
	want := []schema.Author{
		{RemoteID: "hubot@acme.example", RemoteName: "Hubot", Name: "Hubot", Email: "hubot@acme.example", Commits: 4},
		{RemoteID: "mona@acme.example", RemoteName: "Mona", Name: "Mona", Email: "mona@acme.example", Commits: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}

func TestOpenBlobRefusesNames(t *testing.T) {
	_, source := handMade(t, "")
	for id, code := range map[string]providers.Code{
		"":                              providers.CodeInvalid,
		"../../../etc/passwd":           providers.CodeInvalid,
		strings.ToUpper(sum("content")): providers.CodeInvalid,
		sum("content"):                  providers.CodeNotFound,
	} {
		if _, err := source.OpenBlob(t.Context(), repo("acme/api"), schema.Blob{ID: id}); providers.CodeOf(err) != code {
			t.Errorf("%q: %v; want code %s", id, err, code)
		}
	}
}

func TestDiscover(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	for _, place := range []string{"b/two", "a.x/one", "a/one", "b/one", "root", "a/deep/er/one"} {
		at, invalid := parseLocation(place)
		if invalid != nil {
			t.Fatal(invalid)
		}
		ref, err := target.Create(t.Context(), createRequest(at.namespace, at.name, "forge:"+place))
		if err != nil {
			t.Fatal(err)
		}
		if place == "b/one" {
			raw := bareRepository(t)
			push(t, target, ref, providers.PartCode, raw)
			push(t, target, ref, providers.PartWiki, raw)
			write(t, target, ref, providers.Write{Record: exampleRecords(t)[0]})
			finish(t, target, ref)
		}
	}
	writeFile(t, filepath.Join(dir, ".killed.git.tmp-X", "HEAD"), "ref: refs/heads/main\n")
	writeFile(t, filepath.Join(dir, "notes", "notes.git", "readme"), "")
	gitRun(t, dir, "init", "--quiet", "--bare", filepath.Join(dir, "hand", "made.git"))
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}

	list, end := discovered(t, dir)
	var names []string
	for _, found := range list {
		names = append(names, found.FullName+" "+found.Identity)
	}
	want := []string{"a/deep/er/one forge:a/deep/er/one", "a/one forge:a/one", "a.x/one forge:a.x/one", "b/one forge:b/one",
		"b/two forge:b/two", "hand/made directory:hand/made", "root forge:root"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("repositories (-want +got):\n%s", diff)
	}
	if !end.Complete {
		t.Errorf("the listing is not complete: %v", end.Problem)
	}
	one := list[3]
	if one.Empty || one.DefaultBranch != "main" || one.Visibility != "internal" || one.Owner != "b" || !one.Archived || !list[4].Empty {
		t.Errorf("found %+v", one)
	}

	gitRun(t, dir, "init", "--quiet", "--bare", filepath.Join(dir, strings.Repeat("d/", maxDepth), "deep.git"))
	if _, end := discovered(t, dir); end.Complete || end.Problem == nil {
		t.Errorf("the end of a listing that left something out: %+v", end)
	}
}

func discovered(t *testing.T, dir string) ([]schema.Found, providers.ListingEnd) {
	t.Helper()
	var list []schema.Found
	for found, err := range openedSource(t, dir).Discover(t.Context(), providers.Query{Kind: "repositories"}) {
		if err != nil {
			t.Fatal(err)
		}
		if found.End != nil {
			return list, *found.End
		}
		list = append(list, *found.Item)
	}
	t.Fatal("the listing has no end")
	return nil, providers.ListingEnd{}
}

// TestLinksDoNotLeadOut puts symbolic links to the outside wherever the archive
// is read or written.
func TestLinksDoNotLeadOut(t *testing.T) {
	outside := t.TempDir()
	gitRun(t, outside, "clone", "--quiet", "--bare", bareRepository(t), filepath.Join(outside, "api.git"))
	writeFile(t, filepath.Join(outside, "api.records", "labels.ndjson"), labelLine("1"))
	writeFile(t, filepath.Join(outside, "api.records", "manifest.json"), `{"format":"drover-archive-1","identity":"forge:1"}`)
	secret := sum("secret")
	before := files(t, outside)
	place := providers.Place{Namespace: "acme", Name: "api"}

	tests := []struct {
		name string
		link string // in the archive
		to   string // outside
	}{
		{"namespace", "acme", ""},
		{"git data", "acme/api.git", "api.git"},
		{"records", "acme/api.records", "api.records"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			link := filepath.Join(dir, filepath.FromSlash(test.link))
			if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(outside, test.to), link); err != nil {
				t.Skip(err)
			}
			target, source := openedTarget(t, dir), openedSource(t, dir)
			if _, err := target.Create(t.Context(), createRequest("acme", "api", "forge:1")); providers.CodeOf(err) != providers.CodeDenied {
				t.Errorf("Create: %v", err)
			}
			if test.name != "records" {
				if got := standing(t, target, place); got.Problem == nil || got.Problem.Code != providers.CodeDenied {
					t.Errorf("Inspect of the target: %+v", got)
				}
			}
			got := inspection(t, source, providers.Lookup{Repo: repo("acme/api")})
			if got.Problem == nil || got.Problem.Code != providers.CodeDenied {
				t.Errorf("Inspect of the source: %+v", got)
			}
			if diff := cmp.Diff(before, files(t, outside)); diff != "" {
				t.Errorf("something outside changed (-before +after):\n%s", diff)
			}
		})
	}

	dir, source := handMade(t, "")
	writeFile(t, filepath.Join(outside, "secret"), "secret")
	for _, name := range []string{"acme/api.records/blobs/" + secret[:2] + "/" + secret, "acme/api.records/issues.ndjson"} {
		link := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(outside, "secret"), link); err != nil {
			t.Skip(err)
		}
	}
	if _, err := source.OpenBlob(t.Context(), repo("acme/api"), schema.Blob{ID: secret}); providers.CodeOf(err) != providers.CodeDenied {
		t.Errorf("OpenBlob: %v", err)
	}
	for _, err := range source.Read(t.Context(), providers.ReadRequest{Repo: repo("acme/api"), Stream: "issues"}) {
		if providers.CodeOf(err) != providers.CodeDenied {
			t.Errorf("Read: %v", err)
		}
	}
}
