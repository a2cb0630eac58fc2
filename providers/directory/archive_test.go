package directory

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// openedTarget opens the archive in dir as a target.
func openedTarget(t testing.TB, dir string) *target {
	t.Helper()
	opened, err := openTarget(t.Context(), config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened.(*target)
}

// openedSource opens the archive in dir as a source.
func openedSource(t testing.TB, dir string) *source {
	t.Helper()
	opened, err := openSource(t.Context(), config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened.(*source)
}

func config(t testing.TB, dir string) providers.Config {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"path": dir})
	if err != nil {
		t.Fatal(err)
	}
	return providers.Config{Settings: settings, Dir: t.TempDir(), Scratch: t.TempDir()}
}

// created makes the repository acme/api.
func created(t testing.TB, target *target) schema.Ref {
	t.Helper()
	ref, err := target.Create(t.Context(), createRequest("acme", "api", "forge:1"))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func createRequest(namespace, name, marker string) providers.CreateRequest {
	return providers.CreateRequest{
		Place:         providers.Place{Namespace: namespace, Name: name},
		Marker:        marker,
		DefaultBranch: "main",
	}
}

// repo is the source's name of a repository.
func repo(path string) providers.Repo {
	settings, err := json.Marshal(map[string]string{"repo_path": path})
	if err != nil {
		panic(err)
	}
	return providers.Repo{Settings: settings}
}

// write stores records and fails the test unless all are stored.
func write(t testing.TB, target *target, ref schema.Ref, writes ...providers.Write) (refs []schema.Ref) {
	t.Helper()
	written, err := target.Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: writes})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range written {
		if w.Problem != nil {
			t.Fatalf("%s: %v", writes[i].Record.Key(), w.Problem)
		}
		refs = append(refs, w.Ref)
	}
	return refs
}

func finish(t testing.TB, target *target, ref schema.Ref) map[schema.Kind]int64 {
	t.Helper()
	counts, err := target.Finish(t.Context(), providers.FinishRequest{Repo: ref})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// label is a small record.
func label(id, name string) providers.Write {
	return providers.Write{Record: schema.Record{Kind: schema.KindLabel, ID: id, Revision: "1", Body: json.RawMessage(`{"name":"` + name + `"}`)}}
}

// labels are the counts of an archive that holds so many labels and nothing
// else.
func labels(n int64) map[schema.Kind]int64 {
	counts := (&manifest{}).counts()
	counts[schema.KindLabel] = n
	return counts
}

// standing inspects one place.
func standing(t testing.TB, target *target, place providers.Place) providers.Standing {
	t.Helper()
	for standing, err := range target.Inspect(t.Context(), []providers.Place{place}) {
		if err != nil {
			t.Fatal(err)
		}
		return standing
	}
	t.Fatal("no answer")
	return providers.Standing{}
}

// inspection inspects one repository of a source.
func inspection(t testing.TB, source *source, lookup providers.Lookup) providers.Inspection {
	t.Helper()
	for inspection, err := range source.Inspect(t.Context(), []providers.Lookup{lookup}) {
		if err != nil {
			t.Fatal(err)
		}
		return inspection
	}
	t.Fatal("no answer")
	return providers.Inspection{}
}

// readAll reads a stream to its end.
func readAll(t testing.TB, source *source, req providers.ReadRequest) []providers.Message {
	t.Helper()
	var all []providers.Message
	for message, err := range source.Read(t.Context(), req) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message)
	}
	return all
}

// files returns the content of every file below dir, by path, and of every
// empty folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || entry.IsDir() {
			all[name+"/"] = ""
			return err
		}
		data, err := os.ReadFile(path)
		all[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// gitRun runs git in dir with fixed people and times, and returns its output.
func gitRun(t testing.TB, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Mona", "GIT_AUTHOR_EMAIL=mona@acme.example", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Hubot", "GIT_COMMITTER_EMAIL=hubot@acme.example", "GIT_COMMITTER_DATE=1700000000 +0000")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// bareRepository makes a bare repository with two branches and a tag and
// returns its folder.
func bareRepository(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "raw.git")
	gitRun(t, t.TempDir(), "init", "--quiet", "--bare", "--initial-branch=main", dir)
	commit(t, dir, "refs/heads/main", "first")
	commit(t, dir, "refs/heads/main", "second")
	commit(t, dir, "refs/heads/topic", "third")
	gitRun(t, dir, "tag", "-m", "One", "v1", "main")
	return dir
}

// commit adds a commit with a file of the given text to a branch and returns
// its id.
func commit(t testing.TB, dir, ref, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, text)
	blob := gitRun(t, dir, "hash-object", "-w", file)
	tree := mktree(t, dir, blob)
	args := []string{"commit-tree", "-m", text, tree}
	if out, err := exec.Command("git", "--git-dir="+dir, "rev-parse", "--quiet", "--verify", ref).Output(); err == nil {
		args = append(args, "-p", strings.TrimSpace(string(out)))
	}
	oid := gitRun(t, dir, args...)
	gitRun(t, dir, "update-ref", ref, oid)
	return oid
}

func mktree(t testing.TB, dir, blob string) string {
	t.Helper()
	cmd := exec.Command("git", "--git-dir="+dir, "mktree")
	cmd.Stdin = strings.NewReader("100644 blob " + blob + "\tfile\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// refsOf returns the refs of a bare repository.
func refsOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	refs := map[string]string{}
	for line := range strings.Lines(gitRun(t, dir, "--git-dir="+dir, "for-each-ref", "--format=%(objectname) %(refname)")) {
		oid, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "" {
			refs[name] = oid
		}
	}
	return refs
}

// updatesTo turns the refs of a push's repository into updates.
func updatesTo(refs map[string]string) []providers.RefUpdate {
	var updates []providers.RefUpdate
	for name, oid := range refs {
		updates = append(updates, providers.RefUpdate{Name: name, New: oid})
	}
	return updates
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func ignore(providers.Progress) {}
