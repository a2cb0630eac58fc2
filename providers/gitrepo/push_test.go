package gitrepo

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pushing is a repository to push from and one to push to, over HTTP.
type pushing struct {
	from, to *Repo
	remote   Remote
	first    string // the first commit
	last     string
}

func newPushing(t *testing.T, guard func(http.ResponseWriter, *http.Request) bool) pushing {
	t.Helper()
	source := newSource(t, "sha1", 5)
	root := t.TempDir()
	dir := filepath.Join(root, "a.git")
	git(t, "", "init", "--quiet", "--bare", "--initial-branch=main", dir)
	git(t, dir, "config", "http.receivepack", "true")
	return pushing{
		from: open(t, source), to: open(t, dir), remote: Remote{URL: serve(t, root, guard) + "/a.git", Username: "u", Password: "canary-password"},
		first: git(t, source, "rev-parse", "main~4"), last: git(t, source, "rev-parse", "main"),
	}
}

func (p pushing) push(t *testing.T, updates ...RefUpdate) []Refusal {
	t.Helper()
	refused, err := p.from.Push(t.Context(), p.remote, updates, nil)
	must(t, err)
	return refused
}

func (p pushing) want(t *testing.T, want map[string]string) {
	t.Helper()
	refs, err := p.to.listRefs(t.Context())
	must(t, err)
	if diff := cmp.Diff(want, refs.Names); diff != "" {
		t.Errorf("refs of the remote (-want +got):\n%s", diff)
	}
}

const none = "0000000000000000000000000000000000000000"

func TestPush(t *testing.T) {
	p := newPushing(t, basicAuth("u", "canary-password"))
	seen := map[string]bool{}
	refused, err := p.from.Push(t.Context(), p.remote, []RefUpdate{
		{Name: "refs/heads/main", Old: none, New: p.last},
		{Name: "refs/drover/pull/1/head", Old: none, New: p.first},
	}, func(now Progress) { seen[now.Phase] = true })
	must(t, err)
	if len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	if !seen[PhaseWriting] {
		t.Errorf("phases that were told: %v; %q is missing", seen, PhaseWriting)
	}
	p.want(t, map[string]string{"refs/heads/main": p.last, "refs/drover/pull/1/head": p.first})

	// Backwards, away, and once more what is there.
	if refused := p.push(t,
		RefUpdate{Name: "refs/heads/main", Old: p.last, New: p.first},
		RefUpdate{Name: "refs/drover/pull/1/head", Old: p.first},
		RefUpdate{Name: "refs/heads/any", New: p.last},
	); len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	p.want(t, map[string]string{"refs/heads/main": p.first, "refs/heads/any": p.last})
	if refused := p.push(t, RefUpdate{Name: "refs/heads/main", Old: p.first, New: p.first}); len(refused) > 0 {
		t.Fatalf("pushing what is there: refused: %v", refused)
	}
}

func TestPushIsRefusedRefByRef(t *testing.T) {
	p := newPushing(t, nil)
	p.push(t, RefUpdate{Name: "refs/heads/main", New: p.last}, RefUpdate{Name: "refs/heads/other", New: p.first})
	refused := p.push(t,
		RefUpdate{Name: "refs/heads/main", Old: p.first, New: p.first},   // has another value
		RefUpdate{Name: "refs/heads/other", Old: none, New: p.last},      // is there
		RefUpdate{Name: "refs/heads/gone", Old: p.first, New: p.last},    // is not there
		RefUpdate{Name: "refs/heads/main/below", Old: none, New: p.last}, // cannot stand beside main
		RefUpdate{Name: "refs/heads/new", Old: none, New: p.last},
	)
	got := map[string]bool{}
	for _, r := range refused {
		got[r.Name] = r.Stale
		if r.Message == "" {
			t.Errorf("%s was refused without a reason", r.Name)
		}
	}
	want := map[string]bool{"refs/heads/main": true, "refs/heads/other": true, "refs/heads/gone": true, "refs/heads/main/below": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused, and whether for their value (-want +got):\n%s", diff)
	}
	p.want(t, map[string]string{"refs/heads/main": p.last, "refs/heads/other": p.first, "refs/heads/new": p.last})
}

// hook makes the remote run a script before it takes a push.
func (p pushing) hook(t *testing.T, script string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(p.to.Dir(), "hooks"), 0o755))
	must(t, os.WriteFile(filepath.Join(p.to.Dir(), "hooks", "pre-receive"), []byte("#!/bin/sh\n"+script), 0o755))
}

// A hook of a forge declines all refs because of one.
func TestPushPastAHookThatDeclinesAll(t *testing.T) {
	p := newPushing(t, nil)
	p.hook(t, `if grep -q refs/heads/protected; then echo "branch protected is protected"; exit 1; fi`)
	want := map[string]string{}
	var updates []RefUpdate
	for i := range 20 {
		name := fmt.Sprintf("refs/heads/b%d", i)
		want[name] = p.last
		updates = append(updates, RefUpdate{Name: name, Old: none, New: p.last})
	}
	updates = append(updates, RefUpdate{Name: "refs/heads/protected", Old: none, New: p.last})
	refused := p.push(t, updates...)
	if diff := cmp.Diff([]Refusal{{Name: "refs/heads/protected", Message: "branch protected is protected"}}, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	p.want(t, want)
}

func TestPushThatIsAlwaysDeclinedEnds(t *testing.T) {
	p := newPushing(t, nil)
	p.hook(t, "echo no; exit 1")
	var updates []RefUpdate
	for i := range 3 {
		updates = append(updates, RefUpdate{Name: fmt.Sprintf("refs/heads/b%d", i), New: p.last})
	}
	if refused := p.push(t, updates...); len(refused) != 3 {
		t.Errorf("refused: %v; want all three", refused)
	}
}

func TestPushInBatches(t *testing.T) {
	p := newPushing(t, nil)
	want := map[string]string{}
	var updates []RefUpdate
	for i := range 2*pushBatch + 1 {
		name := fmt.Sprintf("refs/tags/t%d", i)
		want[name] = p.first
		updates = append(updates, RefUpdate{Name: name, Old: none, New: p.first})
	}
	if refused := p.push(t, updates...); len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	p.want(t, maps.Clone(want))
}

func TestPushFailure(t *testing.T) {
	p := newPushing(t, basicAuth("u", "another"))
	_, err := p.from.Push(t.Context(), p.remote, []RefUpdate{{Name: "refs/heads/main", New: p.last}}, nil)
	wantKind(t, err, Auth)
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error holds the password: %v", err)
	}
	for _, u := range []RefUpdate{
		{Name: "--upload-pack=touch", New: p.last},
		{Name: "refs/heads/a b", New: p.last},
		{Name: "refs/heads/a", New: "main"},
		{Name: "refs/heads/a", New: none},
		{Name: "refs/heads/a", Old: "-x", New: p.last},
	} {
		_, err := p.from.Push(t.Context(), p.remote, []RefUpdate{u}, nil)
		wantKind(t, err, Refused)
	}
	_, err = p.from.Push(t.Context(), Remote{URL: "ext::sh -c true"}, []RefUpdate{{Name: "refs/heads/a", New: p.last}}, nil)
	wantKind(t, err, Refused)
}

func TestWriteBlob(t *testing.T) {
	r := open(t, newBare(t, "sha1"))
	oid, err := r.WriteBlob(t.Context(), "line\r\n")
	must(t, err)
	if got := git(t, r.Dir(), "cat-file", "-p", oid); got != "line\r" {
		t.Errorf("the object holds %q", got)
	}
}

func FuzzParsePushLine(f *testing.F) {
	f.Add("*\trefs/heads/a:refs/heads/b\t[new branch]")
	f.Add("!\t1f:refs/heads/b\t[remote rejected] (pre-receive hook declined)")
	f.Add("!\t:\t(((")
	f.Fuzz(func(t *testing.T, line string) {
		if name, a, ok := parsePushLine(line); ok && (a.moved && (a.stale || a.declined) || strings.Contains(name, ":")) {
			t.Errorf("%q was read as %q, %+v", line, name, a)
		}
	})
}
