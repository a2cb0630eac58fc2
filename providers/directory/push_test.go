package directory

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestPush(t *testing.T) {
	raw := bareRepository(t)
	main, topic := refsOf(t, raw)["refs/heads/main"], refsOf(t, raw)["refs/heads/topic"]
	missing := "1234567890123456789012345678901234567890"
	tests := []struct {
		name      string
		before    map[string]string // refs at the target
		updates   []providers.RefUpdate
		overwrite bool
		want      map[string]string
		refused   []string
	}{
		{
			name:    "new refs",
			updates: []providers.RefUpdate{{Name: "refs/heads/a", New: main}, {Name: "refs/pull/1/head", New: topic}},
			want:    map[string]string{"refs/heads/a": main, "refs/pull/1/head": topic},
		},
		{
			name:    "what is there already",
			before:  map[string]string{"refs/heads/a": main},
			updates: []providers.RefUpdate{{Name: "refs/heads/a", Old: topic, New: main}},
			want:    map[string]string{"refs/heads/a": main},
		},
		{
			name:    "forward, backward and away",
			before:  map[string]string{"refs/heads/a": main, "refs/heads/b": topic, "refs/heads/c": topic},
			updates: []providers.RefUpdate{{Name: "refs/heads/a", Old: main, New: topic}, {Name: "refs/heads/b", Old: topic}},
			want:    map[string]string{"refs/heads/a": topic, "refs/heads/c": topic},
		},
		{
			name:    "changed behind our back",
			before:  map[string]string{"refs/heads/a": topic, "refs/heads/b": topic},
			updates: []providers.RefUpdate{{Name: "refs/heads/a", New: main}, {Name: "refs/heads/b", Old: topic, New: main}, {Name: "refs/heads/gone", Old: topic, New: main}},
			want:    map[string]string{"refs/heads/a": topic, "refs/heads/b": main},
			refused: []string{"refs/heads/a", "refs/heads/gone"},
		},
		{
			name:      "overwritten",
			before:    map[string]string{"refs/heads/a": topic},
			updates:   []providers.RefUpdate{{Name: "refs/heads/a", New: main}, {Name: "refs/heads/gone", Old: topic, New: main}},
			overwrite: true,
			want:      map[string]string{"refs/heads/a": main, "refs/heads/gone": main},
		},
		{
			name:   "names that cannot be stored",
			before: map[string]string{"refs/heads/dir/x": main},
			updates: []providers.RefUpdate{
				{Name: "refs/heads/dir", New: main}, {Name: "refs/heads/dir/y", New: main}, {Name: "refs/heads/ok", New: main},
				{Name: "HEAD", New: main}, {Name: "refs/../../escape", New: main}, {Name: "refs/heads/a b", New: main},
				{Name: "refs/heads/x\nupdate refs/heads/y", New: main}, {Name: "-d", New: main}, {Name: "refs/heads/missing", New: missing},
			},
			want: map[string]string{"refs/heads/dir/x": main, "refs/heads/dir/y": main, "refs/heads/ok": main},
			refused: []string{"-d", "HEAD", "refs/../../escape", "refs/heads/a b", "refs/heads/dir", "refs/heads/missing",
				"refs/heads/x\nupdate refs/heads/y"},
		},
		{
			name:    "a folder of refs where a ref was",
			before:  map[string]string{"refs/heads/z": main},
			updates: []providers.RefUpdate{{Name: "refs/heads/z/1", New: topic}, {Name: "refs/heads/z", Old: main}},
			want:    map[string]string{"refs/heads/z/1": topic},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			target := openedTarget(t, dir)
			ref := created(t, target)
			request := providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: raw, Updates: updatesTo(test.before)}
			if _, err := target.Push(t.Context(), request, nil); err != nil {
				t.Fatal(err)
			}
			request.Updates, request.Overwrite = test.updates, test.overwrite
			pushed, err := target.Push(t.Context(), request, ignore)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, pushed.Refs); diff != "" {
				t.Errorf("answered refs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, refsOf(t, filepath.Join(dir, "acme", "api.git"))); diff != "" {
				t.Errorf("stored refs (-want +got):\n%s", diff)
			}
			var refused []string
			for _, failed := range pushed.Failed {
				if failed.Key.Kind != schema.KindRef || failed.Problem.Code != providers.CodeConflict {
					t.Errorf("refused as %s with %v", failed.Key, failed.Problem)
				}
				refused = append(refused, failed.Key.ID)
			}
			slices.Sort(refused)
			if diff := cmp.Diff(test.refused, refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPushTwiceChangesNothing(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	raw := bareRepository(t)
	addLFS(t, raw, "large")
	push(t, target, ref, providers.PartCode, raw)
	before := files(t, dir)
	push(t, target, ref, providers.PartCode, raw)
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestPushSetsTheDefaultBranch(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	raw := bareRepository(t)
	request := providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: raw, Updates: updatesTo(refsOf(t, raw)), DefaultBranch: "topic"}
	if _, err := target.Push(t.Context(), request, ignore); err != nil {
		t.Fatal(err)
	}
	if got := gitRun(t, dir, "--git-dir="+filepath.Join(dir, "acme", "api.git"), "symbolic-ref", "HEAD"); got != "refs/heads/topic" {
		t.Errorf("HEAD is %s", got)
	}
	root, err := target.archive.open()
	if err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(root, location{"acme", "api"})
	if err != nil || m.DefaultBranch != "refs/heads/topic" {
		t.Errorf("manifest: %+v, %v", m, err)
	}
}

// TestPushAfterAKilledGit leaves the locks that git leaves when it is killed.
func TestPushAfterAKilledGit(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	for _, name := range []string{"HEAD.lock", "packed-refs.lock", "refs/heads/main.lock"} {
		writeFile(t, filepath.Join(dir, "acme", "api.git", filepath.FromSlash(name)), "")
	}
	push(t, target, ref, providers.PartCode, bareRepository(t))
}

func TestPushChecksLFSObjects(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	raw := bareRepository(t)
	good := addLFS(t, raw, "good")
	bad := sum("bad")
	writeFile(t, filepath.Join(raw, filepath.FromSlash(lfsName(bad))), "not bad")
	linked := sum("linked")
	if err := os.MkdirAll(filepath.Dir(filepath.Join(raw, filepath.FromSlash(lfsName(linked)))), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(raw, filepath.FromSlash(lfsName(linked)))); err != nil {
		t.Skip(err)
	}
	writeFile(t, filepath.Join(raw, "lfs", "objects", "aa", "bb", sum("misplaced")), "misplaced")

	pushed, err := target.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: raw, Updates: updatesTo(refsOf(t, raw))}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema.Count{Source: 2, Fetched: 2, Imported: 1, Failed: 1}, pushed.LFS); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
	if len(pushed.Failed) != 1 || pushed.Failed[0].Key != (schema.Key{Kind: schema.KindLFSObject, ID: bad}) {
		t.Errorf("failed: %+v", pushed.Failed)
	}
	stored := files(t, filepath.Join(dir, "acme", "api.git", "lfs"))
	maps.DeleteFunc(stored, func(name, _ string) bool { return name[len(name)-1] == '/' })
	if diff := cmp.Diff(map[string]string{filepath.Join("objects", good[:2], good[2:4], good): "good"}, stored); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestPushRefusesAnotherObjectFormat(t *testing.T) {
	target := openedTarget(t, t.TempDir())
	request := createRequest("acme", "api", "forge:1")
	request.ObjectFormat = "sha256"
	ref, err := target.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	raw := bareRepository(t)
	_, err = target.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: raw, Updates: updatesTo(refsOf(t, raw))}, ignore)
	if providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("code is %s: %v", providers.CodeOf(err), err)
	}
}
