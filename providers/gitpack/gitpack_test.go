package gitpack_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// git runs git in a directory, away from the configuration of the machine,
// and returns what it prints.
func git(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=1700000000 +0000")
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func bare(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo.git")
	git(t, "", "", "init", "--quiet", "--bare", dir)
	return dir
}

func open(t testing.TB, dir string) *gitpack.Store {
	t.Helper()
	s, err := gitpack.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func writer(t testing.TB, s *gitpack.Store, dir string) *gitpack.Writer {
	t.Helper()
	w, err := gitpack.NewWriter(s, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func finish(t testing.TB, w *gitpack.Writer) string {
	t.Helper()
	name, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// put returns the id of what a Put method stored.
func put(t testing.TB) func(gitpack.ID, error) gitpack.ID {
	return func(id gitpack.ID, err error) gitpack.ID {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
}

// text returns n lines that depend on a seed.
func text(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for range n {
		fmt.Fprintf(&b, "line %d of words %x\n", r.IntN(1000), r.Uint64())
	}
	return b.Bytes()
}

func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	rand.NewChaCha8(key).Read(b)
	return b
}

// edit returns data with a few lines changed, as a commit does.
func edit(seed uint64, data []byte) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	out := bytes.Clone(data)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(out) + 1)
		cut := min(r.IntN(60), len(out)-at)
		out = bytes.Join([][]byte{out[:at], fmt.Appendf(nil, "edit %x\n", r.Uint64()), out[at+cut:]}, nil)
	}
	return out
}

func checkRead(t *testing.T, from interface {
	Has(gitpack.ID) bool
	Stat(gitpack.ID) (gitpack.Kind, int64, error)
	Read(gitpack.ID) (gitpack.Kind, []byte, error)
	Open(gitpack.ID) (gitpack.Kind, int64, io.ReadCloser, error)
}, id gitpack.ID, kind gitpack.Kind, data []byte) {
	t.Helper()
	if !from.Has(id) {
		t.Fatalf("%s is missing", id)
	}
	if k, size, err := from.Stat(id); k != kind || size != int64(len(data)) || err != nil {
		t.Fatalf("Stat(%s) = %s, %d, %v; want %s, %d", id, k, size, err, kind, len(data))
	}
	if k, got, err := from.Read(id); k != kind || !bytes.Equal(got, data) || err != nil {
		t.Fatalf("Read(%s) = %s of %d bytes, %v; want %s of %d", id, k, len(got), err, kind, len(data))
	}
	k, size, r, err := from.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if k != kind || size != int64(len(data)) || err != nil || !bytes.Equal(got, data) {
		t.Fatalf("Open(%s) = %s of %d bytes, %v; want %s of %d", id, k, len(got), err, kind, len(data))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
