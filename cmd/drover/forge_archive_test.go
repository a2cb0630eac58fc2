package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/schema"
)

// archive is an archive as a destination.
type archive struct {
	dir string

	mu     sync.Mutex
	all    int
	writes int
	at     int // the program dies with this write; 0: never
	after  bool
	end    func()
}

func newArchive(t testing.TB) *archive { return &archive{dir: volatileDir(t)} }

func (a *archive) provider() *providers.Provider {
	p := *directory.New()
	open := p.OpenTarget
	p.OpenTarget = func(ctx context.Context, config providers.Config) (providers.Target, error) {
		t, err := open(ctx, config)
		if err != nil {
			return nil, err
		}
		return mortalArchive{t, a}, nil
	}
	return &p
}

func (a *archive) settings() (json.RawMessage, map[string]string) {
	return asJSON(map[string]string{"path": a.dir}), nil
}

func (a *archive) killAt(n int, _, after bool, end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at, a.after, a.end = a.writes+n, after, end
}

func (a *archive) heal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = 0
}

func (a *archive) asked() (all, writes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all, a.writes
}

// effect carries out a write, unless the program is dead.
func (a *archive) effect(do func() error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writes++
	a.all++
	switch {
	case a.at == 0 || a.writes < a.at:
		return do()
	case a.writes > a.at:
		return errKilled
	}
	if a.after {
		if err := do(); err != nil {
			return err
		}
	}
	a.end()
	return errKilled
}

// mortalArchive is an archive as a program sees it that may die.
type mortalArchive struct {
	providers.Target
	a *archive
}

func (t mortalArchive) Create(ctx context.Context, req providers.CreateRequest) (ref schema.Ref, err error) {
	err = t.a.effect(func() error { ref, err = t.Target.Create(ctx, req); return err })
	return ref, err
}

func (t mortalArchive) Move(ctx context.Context, repo schema.Ref, to providers.Place) (ref schema.Ref, err error) {
	err = t.a.effect(func() error { ref, err = t.Target.Move(ctx, repo, to); return err })
	return ref, err
}

func (t mortalArchive) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (pushed providers.Pushed, err error) {
	err = t.a.effect(func() error { pushed, err = t.Target.Push(ctx, req, observe); return err })
	return pushed, err
}

func (t mortalArchive) Write(ctx context.Context, req providers.WriteRequest) (written []providers.Written, err error) {
	err = t.a.effect(func() error { written, err = t.Target.Write(ctx, req); return err })
	return written, err
}

func (t mortalArchive) Finish(ctx context.Context, req providers.FinishRequest) (held map[schema.Kind]int64, err error) {
	err = t.a.effect(func() error { held, err = t.Target.Finish(ctx, req); return err })
	return held, err
}

// contents are the refs of the repositories, and each record with its blob.
func (a *archive) contents(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(a.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(a.dir, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && strings.HasSuffix(path, ".git"):
			refsOf(t, path, rel, all)
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(path, ".ndjson"):
			return linesOf(t, path, filepath.Dir(rel), all)
		case strings.Contains(rel, "/incoming/"):
			t.Errorf("%s was left behind", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// refsOf notes the refs of a bare repository, and HEAD.
func refsOf(t testing.TB, dir, name string, all map[string]string) {
	t.Helper()
	out, err := exec.Command("git", "--git-dir="+dir, "for-each-ref", "--format=%(refname) %(objectname)").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		ref, oid, _ := strings.Cut(strings.TrimSpace(line), " ")
		all["ref "+name+" "+ref] = oid
	}
	head, err := os.ReadFile(filepath.Join(dir, "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	all["ref "+name+" HEAD"] = strings.TrimSpace(string(head))
}

// linesOf notes the records of one file. An object that stands there twice is a
// duplicate.
func linesOf(t testing.TB, path, name string, all map[string]string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		var r schema.Record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		at := "record " + name + " " + r.Key().String()
		if _, twice := all[at]; twice {
			t.Errorf("%s stands there twice", at)
		}
		all[at] = string(line)
		if r.Blob != nil && r.Blob.SHA256 != "" {
			content, err := os.ReadFile(filepath.Join(filepath.Dir(path), "blobs", r.Blob.SHA256[:2], r.Blob.SHA256))
			if err != nil {
				return err
			}
			all[at] += string(content)
		}
	}
	return nil
}
