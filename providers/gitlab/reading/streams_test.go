package reading_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

var update = flag.Bool("update", false, "write what the streams hold")

func streams() []string { return []string{"base", "releases", "issues", "changes", "snippets"} }

var moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// TestStreams reads all of a project that has everything.
func TestStreams(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	s := w.open(t, "root")
	secret := strings.Split(f.Note, "/")[2]
	var text strings.Builder
	for _, stream := range streams() {
		g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lamp"), Stream: stream})
		fmt.Fprintf(&text, "== %s %v\n", stream, g.End.Counts)
		for _, r := range g.Records {
			fmt.Fprintf(&text, "%s", r.Key())
			if r.Parent != nil {
				fmt.Fprintf(&text, " under %s", r.Parent)
			}
			if len(r.After) > 0 {
				fmt.Fprintf(&text, " after %v", r.After)
			}
			fmt.Fprintf(&text, "\n  %s\n", r.Body)
			if r.Blob != nil {
				fmt.Fprintf(&text, "  %+v\n", *r.Blob)
			}
		}
		for _, l := range append(losses(g), sourcetest.Strings(g.Whole)...) {
			fmt.Fprintln(&text, l)
		}
		if len(g.Failed) > 0 || !g.End.Complete {
			t.Errorf("%s: %v", stream, g.Failed)
		}
	}
	said := strings.NewReplacer(w.URL, "URL", secret, "SECRET", f.Base, "BASE", f.Head, "HEAD", f.Merge, "MERGE").Replace(text.String())
	said = regexp.MustCompile(`(upload_SECRET-)[0-9a-f]{8}`).ReplaceAllString(moments.ReplaceAllString(said, "TIME"), "${1}SUM")
	golden := filepath.Join("testdata", "streams.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Same(t, "streams", string(want), said)
}

// TestResume begins each stream again after each of its checkpoints, and reads each
// again by what it left.
func TestResume(t *testing.T) {
	w := start(t)
	w.full(t, "lamp")
	s := w.open(t, "root")
	for _, stream := range streams() {
		req := providers.ReadRequest{Repo: named(t, "lamp"), Stream: stream}
		all := sourcetest.Read(t, s, req)
		if len(all.Checkpoints) == 0 {
			t.Errorf("%s has no checkpoints", stream)
		}
		for i, c := range all.Checkpoints {
			req.Cursor = c
			rest := sourcetest.Read(t, s, req)
			sourcetest.Same(t, fmt.Sprintf("%s after checkpoint %d", stream, i), all.Keys()[all.After[i]:], rest.Keys())
			sourcetest.Same(t, stream+" counts", all.End.Counts, rest.End.Counts)
			sourcetest.Same(t, stream+" losses", all.Losses, rest.Losses)
		}
	}
}

// TestBlobs downloads what records name, and nothing else.
func TestBlobs(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	s := w.open(t, "root")
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lamp"), Stream: "releases"})
	downloads := 0
	for _, r := range g.Records {
		if r.Blob == nil {
			continue
		}
		downloads++
		content, err := s.OpenBlob(t.Context(), providers.Repo{Settings: named(t, "lamp").Settings, Identity: fmt.Sprint(f.id)}, *r.Blob)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		if err := content.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || string(data) != "a note" {
			t.Errorf("%s: %q, %v", r.Key(), data, err)
		}
	}
	if downloads != 2 {
		t.Errorf("%d downloads", downloads)
	}
	for id, want := range map[string]providers.Code{
		fmt.Sprintf("%d/uploads/%s/x", f.id, strings.Repeat("0", 32)):   providers.CodeNotFound,
		fmt.Sprintf("%d/uploads/%s/x", f.id+1, strings.Repeat("0", 32)): providers.CodeInvalid,
		"../../etc/passwd": providers.CodeInvalid,
	} {
		_, err := s.OpenBlob(t.Context(), providers.Repo{Identity: fmt.Sprint(f.id)}, schema.Blob{ID: id})
		if providers.CodeOf(err) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestHeadsGone is what the server leaves of merge requests that ended long ago, and of
// forks.
func TestHeadsGone(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	s := w.open(t, "root")
	sourcetest.Git(t, filepath.Join(w.repositories, fmt.Sprintf("%d.git", f.id)), "update-ref", "-d", "refs/merge-requests/1/head")
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lamp"), Stream: "changes"})
	if c := sourcetest.Body[schema.Change](t, g, schema.KindChange, "1"); c.Head.Ref != "" || c.Head.Commit != f.Head || !c.Head.Gone {
		t.Errorf("%+v", c.Head)
	}
	if !strings.Contains(strings.Join(losses(g), "\n"), "gitlab.merge_request_heads 1:") {
		t.Errorf("losses: %q", losses(g))
	}

	fork := w.send(t, "ada", "POST", "projects", `{"name": "lamp", "path": "lamp", "visibility": "private"}`)
	w.send(t, "ada", "POST", fmt.Sprintf("projects/%d/fork/%d", fork.ID(), f.id), ``)
	sourcetest.Git(t, f.dir, "checkout", "--quiet", "-b", "idea")
	sourcetest.Commit(t, f.dir, "b.txt", "b")
	w.push(t, f.dir, fork.Text("path_with_namespace"), "refs/heads/idea")
	w.send(t, "ada", "POST", fmt.Sprintf("projects/%d/merge_requests", fork.ID()), fmt.Sprintf(`{"title": "Idea", "source_branch": "idea", "target_branch": "main", "target_project_id": %d}`, f.id))
	for who, want := range map[string]string{"root": "ada/lamp", "bob": ""} { // whoever may not see it
		g = sourcetest.Read(t, w.open(t, who), providers.ReadRequest{Repo: named(t, "lamp"), Stream: "changes"})
		if c := sourcetest.Body[schema.Change](t, g, schema.KindChange, "2"); c.Head.Repository != want || c.Head.Gone != (want == "") || c.Head.Ref != "refs/merge-requests/2/head" {
			t.Errorf("%s: %+v", who, c.Head)
		}
	}
}

// TestFewerRights reads with the token of a developer: what it may not see is told.
func TestFewerRights(t *testing.T) {
	w := start(t)
	w.full(t, "lamp")
	s := w.open(t, "bob")
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lamp"), Stream: "base"})
	for _, code := range []string{"gitlab.hooks", "gitlab.variables", "gitlab.deploy_keys"} {
		if !strings.Contains(strings.Join(losses(g), "\n"), code+" 1: not carried, and the token may not list them") {
			t.Errorf("%s is not among the losses: %q", code, losses(g))
		}
	}
	sourcetest.Body[schema.Repository](t, g, schema.KindRepository, "repository")
}

// TestNoMembers leaves members out and says how many.
func TestNoMembers(t *testing.T) {
	w := start(t)
	w.project(t, "lamp")
	s := w.open(t, "root")
	repo := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": "acme/tools/lamp", "source_type": "project_entity", "migrate_memberships": false})}
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "base"})
	if g.End.Counts[schema.KindMember] != 0 || !strings.HasPrefix(strings.Join(losses(g), "\n"), "gitlab.members 2:") {
		t.Errorf("%v, %q", g.End.Counts, losses(g))
	}
}

// TestRefused says what is wrong with what cannot be read.
func TestRefused(t *testing.T) {
	w := start(t)
	w.project(t, "lamp")
	w.Model.AddUser(gitlabUser("eve"))
	for name, test := range map[string]struct {
		as, stream string
		repo       providers.Repo
		want       providers.Code
	}{
		"hidden":       {"eve", "base", named(t, "lamp"), providers.CodeNotFound},
		"not there":    {"root", "issues", named(t, "candle"), providers.CodeNotFound},
		"no stream":    {"root", "threads", named(t, "lamp"), providers.CodeUnsupported},
		"a group":      {"root", "base", providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": "acme", "source_type": "group_entity"})}, providers.CodeUnsupported},
		"no path":      {"root", "base", providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": "../x"})}, providers.CodeInvalid},
		"strange":      {"root", "base", providers.Repo{Settings: named(t, "lamp").Settings, Identity: "group:1"}, providers.CodeInvalid},
		"was replaced": {"root", "base", providers.Repo{Settings: named(t, "lamp").Settings, Identity: "77"}, providers.CodeNotFound},
		"no number":    {"root", "base", providers.Repo{Settings: named(t, "lamp").Settings, Identity: "x"}, providers.CodeInvalid},
	} {
		var got error
		for _, err := range w.open(t, test.as).Read(t.Context(), providers.ReadRequest{Repo: test.repo, Stream: test.stream}) {
			got = err
		}
		if providers.CodeOf(got) != test.want {
			t.Errorf("%s: %v; want %s", name, got, test.want)
		}
	}
}

// TestOneBad reads on when the server fails at one snippet.
func TestOneBad(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	s := w.open(t, "root")
	at := fmt.Sprintf("projects/%d", f.id)
	w.send(t, "ada", "POST", at+"/snippets", `{"title": "Other", "visibility": "private", "files": [{"file_path": "c.txt", "content": "c"}]}`)
	w.Faults(fault(fmt.Sprintf("*/snippets/%d/files/*", f.Snippet)))
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lamp"), Stream: "snippets"})
	sourcetest.Same(t, "records", []string{fmt.Sprint("snippet ", f.Snippet+1)}, g.Keys())
	if len(g.Failed) != 1 || g.Failed[0].Key.ID != fmt.Sprint(f.Snippet) || g.End.Counts[schema.KindSnippet] != 2 {
		t.Errorf("%v, %v", g.Failed, g.End.Counts)
	}
}
