package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	childURL = "GITREPO_TEST_URL"
	childDir = "GITREPO_TEST_DIR"
)

// TestMain lets the test binary run as a process that mirrors, to be killed.
func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := Mirror(context.Background(), Remote{URL: url}, os.Getenv(childDir), nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// checkMirror compares a mirror with its source: refs, HEAD, and that all
// objects are there.
func checkMirror(t *testing.T, source, mirror string) {
	t.Helper()
	if diff := cmp.Diff(refsOf(t, source), refsOf(t, mirror)); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	if want, got := head(t, source), head(t, mirror); want != got {
		t.Errorf("HEAD = %q, want %q", got, want)
	}
	git(t, mirror, "fsck", "--full", "--strict")
	for _, leftover := range []string{mirror + ".partial", mirror + ".old"} {
		if _, err := os.Lstat(leftover); err == nil {
			t.Errorf("%s was left behind", leftover)
		}
	}
	config, err := os.ReadFile(filepath.Join(mirror, "config"))
	must(t, err)
	if strings.Contains(string(config), "remote") {
		t.Errorf("the mirror remembers its source:\n%s", config)
	}
}

func head(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "HEAD"))
	must(t, err)
	return strings.TrimSpace(string(data))
}

// addresses returns the ways to a source that take different paths through
// git and this package.
func addresses(t *testing.T, source string) map[string]string {
	return map[string]string{
		"directory": source,
		"file":      "file://" + source,
		"http":      serve(t, filepath.Dir(source), nil) + "/" + filepath.Base(source),
	}
}

func manyRefs(n int) []string {
	var refs []string
	for i := range n {
		refs = append(refs, fmt.Sprintf("refs/heads/branch-%d", i))
	}
	return append(refs, "refs/pull/1/head", "refs/notes/commits", "refs/replace/x", "refs/remotes/origin/x",
		"refs/heads/-x", "refs/heads/日本", "refs/heads/"+strings.Repeat("n", 200))
}

func TestMirror(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		source := newSource(t, format, 50, manyRefs(300)...)
		for name, address := range addresses(t, source) {
			t.Run(format+"/"+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "new", "mirror.git")
				var phases []string
				progress := func(p Progress) {
					if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
						phases = append(phases, p.Phase)
					}
				}
				must(t, Mirror(t.Context(), Remote{URL: address}, dir, progress))
				checkMirror(t, source, dir)
				if len(phases) == 0 {
					t.Error("no progress was reported")
				}
				before := snapshot(t, dir)
				must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
				if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
					t.Errorf("a second run changed files (-before +after):\n%s", diff)
				}
			})
		}
	}
}

// snapshot lists the files of a directory with their sizes and times.
func snapshot(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		files = append(files, fmt.Sprint(path, info.Size(), info.ModTime().UnixNano()))
		return err
	}))
	return files
}

func TestMirrorFollowsTheSource(t *testing.T) {
	for _, kind := range []string{"directory", "file", "http"} {
		t.Run(kind, func(t *testing.T) {
			source := newSource(t, "sha1", 5, "refs/heads/gone", "refs/heads/d", "refs/heads/moved", "refs/pull/1/head")
			address := addresses(t, source)[kind]
			dir := filepath.Join(t.TempDir(), "mirror.git")
			update := func() {
				t.Helper()
				must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
				checkMirror(t, source, dir)
			}
			update()

			tree := git(t, source, "rev-parse", "main^{tree}")
			orphan := git(t, source, "commit-tree", "-m", "orphan", tree)
			git(t, source, "update-ref", "refs/heads/moved", orphan) // not a fast-forward
			git(t, source, "update-ref", "-d", "refs/heads/gone")
			git(t, source, "update-ref", "-d", "refs/heads/d")
			git(t, source, "update-ref", "refs/heads/d/e", orphan) // a directory where a file was
			git(t, source, "symbolic-ref", "HEAD", "refs/heads/moved")
			update()

			detached := git(t, source, "commit-tree", "-m", "detached", tree)
			git(t, source, "update-ref", "--no-deref", "HEAD", detached) // no ref leads to it
			update()

			git(t, source, "symbolic-ref", "HEAD", "refs/heads/main")
			git(t, source, "repack", "-adq")
			git(t, source, "pack-refs", "--all")
			update()
		})
	}
}

func TestMirrorOfDetachedAndUnbornHead(t *testing.T) {
	source := newSource(t, "sha1", 3)
	for name, address := range addresses(t, source) {
		t.Run(name, func(t *testing.T) {
			git(t, source, "symbolic-ref", "HEAD", "refs/heads/other")
			dir := filepath.Join(t.TempDir(), "unborn.git")
			must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
			must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
			if diff := cmp.Diff(refsOf(t, source), refsOf(t, dir)); diff != "" {
				t.Errorf("refs (-want +got):\n%s", diff)
			}
			git(t, source, "update-ref", "--no-deref", "HEAD", git(t, source, "commit-tree", "-m", "loose", "main^{tree}"))
			dir = filepath.Join(t.TempDir(), "detached.git")
			must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
			checkMirror(t, source, dir)
		})
	}
}

func TestMirrorOfEmpty(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for _, kind := range []string{"directory", "file", "http"} {
			t.Run(format+"/"+kind, func(t *testing.T) {
				source := newBare(t, format)
				git(t, source, "symbolic-ref", "HEAD", "refs/heads/trunk")
				address := addresses(t, source)[kind]
				dir := filepath.Join(t.TempDir(), "mirror.git")
				for range 2 {
					must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
					if got := head(t, dir); got != "ref: refs/heads/trunk" {
						t.Errorf("HEAD = %q, want the unborn branch of the source", got)
					}
				}
				// The first push to the source decides; git 2.39 does not tell
				// the object format of an empty repository.
				gitInput(t, source, history(2), "fast-import", "--quiet")
				git(t, source, "symbolic-ref", "HEAD", "refs/heads/main")
				must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
				checkMirror(t, source, dir)
			})
		}
	}
}

// TestMirrorOfUnusualDirectories covers local sources that only git itself
// understands.
func TestMirrorOfUnusualDirectories(t *testing.T) {
	source := newSource(t, "sha1", 5, "refs/heads/x")
	dir := t.TempDir()
	bundle, work, linked, shallow := filepath.Join(dir, "s.bundle"), filepath.Join(dir, "work"), filepath.Join(dir, "linked"), filepath.Join(dir, "shallow")
	git(t, source, "bundle", "create", "--quiet", bundle, "--all")
	git(t, "", "clone", "--quiet", source, work)
	git(t, work, "worktree", "add", "--quiet", "--detach", linked)
	git(t, "", "clone", "--quiet", "--mirror", "--depth=2", "file://"+source, shallow)
	for address, want := range map[string]string{
		bundle: refsOf(t, source), work: refsOf(t, work), linked: refsOf(t, work), shallow: refsOf(t, shallow),
	} {
		mirror := filepath.Join(t.TempDir(), "mirror.git")
		for range 2 {
			must(t, Mirror(t.Context(), Remote{URL: address}, mirror, nil))
			if diff := cmp.Diff(want, refsOf(t, mirror)); diff != "" {
				t.Errorf("%s: refs (-want +got):\n%s", filepath.Base(address), diff)
			}
			git(t, mirror, "fsck", "--full")
		}
	}
}

func TestMirrorTakesNothingOverALink(t *testing.T) {
	secret := newSource(t, "sha1", 2)
	source := newBare(t, "sha1")
	oid := git(t, secret, "rev-parse", "main")
	must(t, os.Remove(filepath.Join(source, "objects", "pack")))
	must(t, os.Symlink(filepath.Join(secret, "objects", "pack"), filepath.Join(source, "objects", "pack")))
	must(t, os.WriteFile(filepath.Join(source, "refs", "heads", "main"), []byte(oid+"\n"), 0o666))
	dir := filepath.Join(t.TempDir(), "mirror.git")
	wantKind(t, Mirror(t.Context(), Remote{URL: source}, dir, nil), Refused)
}

func TestMirrorReportsMissingObjects(t *testing.T) {
	source := newSource(t, "sha1", 2)
	must(t, os.WriteFile(filepath.Join(source, "refs", "heads", "broken"), []byte(strings.Repeat("1", 40)+"\n"), 0o666))
	err := Mirror(t.Context(), Remote{URL: source}, filepath.Join(t.TempDir(), "m"), nil)
	wantKind(t, err, Corrupt)
	var e *Error
	if !errors.As(err, &e) || e.Ref != "refs/heads/broken" {
		t.Errorf("error = %v, want it to name refs/heads/broken", err)
	}
}

func TestMirrorLeavesForeignDirectoriesAlone(t *testing.T) {
	source := newSource(t, "sha1", 1)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("years"), 0o666))
	must(t, os.Mkdir(filepath.Join(dir, "objects"), 0o777))
	wantKind(t, Mirror(t.Context(), Remote{URL: source}, dir, nil), Refused)
	if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

// TestMirrorRepairs puts a mirror into the states a kill can leave.
func TestMirrorRepairs(t *testing.T) {
	source := newSource(t, "sha1", 20, "refs/heads/a/b")
	address := "file://" + source
	write := func(t *testing.T, dir, name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		must(t, os.WriteFile(path, nil, 0o666))
	}
	for name, damage := range map[string]func(t *testing.T, dir string){
		"locks": func(t *testing.T, dir string) {
			for _, lock := range []string{"HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock", "refs/heads/main.lock",
				"refs/heads/a/b.lock", "objects/info/commit-graph.lock", "objects/pack/tmp_pack_x", "objects/ab/tmp_obj_y"} {
				write(t, dir, lock)
			}
			git(t, source, "update-ref", "refs/heads/main", "main~3")
			t.Cleanup(func() { git(t, source, "update-ref", "refs/heads/main", "refs/heads/a/b") })
		},
		"no HEAD":   func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "HEAD"))) },
		"no config": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "config"))) },
		"no refs":   func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, "refs"))) },
		"bad config": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "config"), []byte("[co"), 0o666))
		},
		"no objects": func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "objects", "pack")))
		},
		"leftovers": func(t *testing.T, dir string) {
			write(t, dir+".partial", "HEAD")
			write(t, dir+".old", "HEAD")
		},
		"killed between two renames": func(t *testing.T, dir string) { must(t, os.Rename(dir, dir+".old")) },
		"branch called tmp_x": func(t *testing.T, dir string) {
			git(t, source, "update-ref", "refs/heads/tmp_x", "main")
			t.Cleanup(func() { git(t, source, "update-ref", "-d", "refs/heads/tmp_x") })
			git(t, dir, "update-ref", "refs/heads/tmp_x", "main")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mirror.git")
			must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
			damage(t, dir)
			must(t, Mirror(t.Context(), Remote{URL: address}, dir, nil))
			checkMirror(t, source, dir)
			err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				if strings.HasSuffix(path, ".lock") || strings.HasPrefix(entry.Name(), "tmp_") && !strings.Contains(path, "refs") {
					t.Errorf("%s is still there", path)
				}
				return err
			})
			must(t, err)
		})
	}
}

// TestMirrorCanceledAtEveryRequest stops mirrors, new and existing ones, at
// each of their requests and lets them continue.
func TestMirrorCanceledAtEveryRequest(t *testing.T) {
	source := newSource(t, "sha1", 30, "refs/heads/other")
	var cancelAt, requests atomic.Int32
	var cancel context.CancelFunc
	url := serve(t, filepath.Dir(source), func(w http.ResponseWriter, r *http.Request) bool {
		if requests.Add(1) != cancelAt.Load() {
			return true
		}
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that git hung up
		cancel()
		<-r.Context().Done()
		return false
	}) + "/source.git"

	for _, existing := range []bool{false, true} {
		for at := int32(1); ; at++ {
			dir := filepath.Join(t.TempDir(), "mirror.git")
			if existing {
				cancelAt.Store(0)
				must(t, Mirror(t.Context(), Remote{URL: url}, dir, nil))
				git(t, source, "update-ref", "refs/heads/main", git(t, source, "commit-tree", "-p", "main", "-m", "next", "main^{tree}"))
			}
			requests.Store(0)
			cancelAt.Store(at)
			var ctx context.Context
			ctx, cancel = context.WithCancel(t.Context())
			err := Mirror(ctx, Remote{URL: url}, dir, nil)
			cancel()
			if requests.Load() < at { // all requests had their turn
				must(t, err)
				if at < 3 {
					t.Errorf("existing=%v: %d requests, so nothing was interrupted", existing, requests.Load())
				}
				break
			}
			wantKind(t, err, Canceled)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled in its chain", err)
			}
			if _, err := os.Lstat(dir); !existing && err == nil {
				t.Errorf("request %d: the mirror is there and not complete", at)
			}
			cancelAt.Store(0)
			must(t, Mirror(t.Context(), Remote{URL: url}, dir, nil))
			checkMirror(t, source, dir)
		}
	}
}

func TestGitDiesWithItsParent(t *testing.T) {
	source := newSource(t, "sha1", 5)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute) // only bounds a failing test
	defer stop()
	asked, hungUp := make(chan struct{}), make(chan struct{})
	var block atomic.Bool
	block.Store(true)
	url := serve(t, filepath.Dir(source), func(w http.ResponseWriter, r *http.Request) bool {
		if !block.CompareAndSwap(true, false) {
			return true
		}
		close(asked)
		select {
		case <-r.Context().Done():
			close(hungUp)
		case <-ctx.Done():
		}
		return false
	}) + "/source.git"
	dir := filepath.Join(t.TempDir(), "mirror.git")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childURL+"="+url, childDir+"="+dir)
	must(t, child.Start())
	<-asked
	must(t, child.Process.Kill())
	_ = child.Wait() // killed, so an error by design
	select {
	case <-hungUp:
	case <-ctx.Done():
		t.Fatal("git goes on although its parent was killed")
	}
	must(t, Mirror(t.Context(), Remote{URL: url}, dir, nil))
	checkMirror(t, source, dir)
}

func TestMirrorIgnoresConfiguration(t *testing.T) {
	source := newSource(t, "sha1", 2)
	canary := filepath.Join(t.TempDir(), "canary")
	run := "!touch " + canary
	for _, setting := range [][]string{
		{"core.fsmonitor", "touch " + canary}, {"core.sshCommand", "touch " + canary}, {"log.showSignature", "true"},
		{"gpg.program", "touch " + canary}, {"core.pager", "touch " + canary}, {"credential.helper", run},
		{"uploadpack.packObjectsHook", "touch " + canary}, {"core.alternateRefsCommand", "touch " + canary},
		{"extensions.partialClone", "evil"}, {"remote.evil.promisor", "true"},
		{"remote.evil.url", newSource(t, "sha1", 1)}, {"remote.evil.uploadpack", "touch " + canary},
	} {
		git(t, source, "config", setting[0], setting[1])
	}
	git(t, source, "config", "core.repositoryFormatVersion", "1")
	must(t, Mirror(t.Context(), Remote{URL: source}, filepath.Join(t.TempDir(), "m"), nil))
	for range open(t, source).Authors(t.Context()) {
	}
	// A missing object makes git ask a promisor, if it may.
	missing, err := open(t, source).HasObjects(t.Context(), []string{strings.Repeat("1", 40)})
	if err != nil || len(missing) != 1 {
		t.Errorf("HasObjects = %v, %v; want one missing object", missing, err)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("the configuration of a foreign repository ran a program")
	}
}

func TestParseProgress(t *testing.T) {
	for line, want := range map[string]Progress{
		"Receiving objects:  12% (123/1000), 1.50 MiB | 3.00 MiB/s": {PhaseReceiving, 123, 1000, 3 << 19},
		"Receiving objects: 100% (7/7), 612 bytes | 612.00 KiB/s":   {PhaseReceiving, 7, 7, 612},
		"remote: Counting objects:  50% (2/4)":                      {PhaseCounting, 2, 4, 0},
		"remote: Enumerating objects: 512, done.":                   {PhaseEnumerating, 512, 0, 0},
		"Resolving deltas: 100% (3/3), done.":                       {PhaseResolving, 3, 3, 0},
	} {
		got, ok := parseProgress(line)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("parseProgress(%q) ok=%v (-want +got):\n%s", line, ok, diff)
		}
	}
	for _, line := range []string{"fatal: no", "remote: Welcome: 12", "Receiving objects:", "remote: \x1b]0;x\a: 1"} {
		if got, ok := parseProgress(line); ok {
			t.Errorf("parseProgress(%q) = %v, want none", line, got)
		}
	}
}

// BenchmarkMirror reports how much longer Mirror takes than git clone
// --mirror of the same source, measured in turns.
func BenchmarkMirror(b *testing.B) {
	source := newSource(b, "sha1", 4000, manyRefs(300)...)
	web := serve(b, filepath.Dir(source), nil) + "/source.git"
	for _, way := range []struct{ name, address string }{
		{"directory", source}, {"file", "file://" + source}, {"http", web},
	} {
		b.Run(way.name, func(b *testing.B) {
			var ours, plain time.Duration
			mirror := func(dir string) {
				from := time.Now()
				must(b, Mirror(b.Context(), Remote{URL: way.address}, filepath.Join(dir, "ours"), nil))
				ours += time.Since(from)
			}
			clone := func(dir string) {
				from := time.Now()
				cmd := exec.Command("git", "clone", "--quiet", "--mirror", way.address, filepath.Join(dir, "plain"))
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("git clone: %v\n%s", err, out)
				}
				plain += time.Since(from)
			}
			first, second := clone, mirror
			for b.Loop() {
				dir := b.TempDir()
				first(dir)
				second(dir)
				first, second = second, first // whoever comes second finds warm caches
			}
			b.ReportMetric(float64(ours)/float64(plain), "x-of-git-clone")
		})
	}
}
