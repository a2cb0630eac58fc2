package history

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

// The benchmarks make their own corpus, in proportion to these. The peers read
// the same repository in the same run; compare the times.
const (
	benchCommits  = 14000
	benchVersions = 8
	benchSize     = 107 << 20
)

// corpus makes a history of many small commits by forty people, with versions
// of one large file now and then. It is a branch with merges, 300 files in 30 folders.
func corpus(b *testing.B, commits, versions, size int) repository {
	b.Helper()
	r := newRepository(b)
	in, out := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(out, 1<<20)
		writeCorpus(w, commits, versions, size)
		out.CloseWithError(w.Flush())
	}()
	cmd := exec.Command("git", "-C", r.dir, "-c", "core.compression=1", "-c", "core.bigFileThreshold=1m", "fast-import", "--quiet")
	cmd.Stdin = in
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("git fast-import: %v\n%s", err, text)
	}
	return r
}

func writeCorpus(w io.Writer, commits, versions, size int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := rand.NewChaCha8([32]byte{1})
	for i := range commits {
		who := fmt.Sprintf("Person %d <p%d@old.example>", i%40, i%40)
		message := fmt.Sprintf("change %d\n\nSome words about what this is for.\n\nReviewed-by: Person %d <p%d@old.example>\n", i, i%7, i%7)
		fmt.Fprintf(w, "commit refs/heads/main\nmark :%d\nauthor %s %d +0000\ncommitter %s %d +0000\ndata %d\n%s", i+1, who, 1e9+60*i, who, 1e9+60*i, len(message), message)
		if i > 20 && i%10 == 0 {
			fmt.Fprintf(w, "merge :%d\n", i-rnd.IntN(9)-1)
		}
		content := strings.Repeat(fmt.Sprintf("line %d of %d\n", i, rnd.Uint32()), 20)
		fmt.Fprintf(w, "M 100644 inline dir%d/sub/file%d.txt\ndata %d\n%s\n", rnd.IntN(30), rnd.IntN(10), len(content), content)
		if versions > 0 && i%(commits/versions) == 0 {
			fmt.Fprintf(w, "M 100644 inline assets/large.bin\ndata %d\n", size)
			io.CopyN(w, noise, int64(size))
			fmt.Fprintln(w)
		}
	}
}

func benchOld(a schema.Author) (name, email string) {
	return a.Name, strings.Replace(a.Email, "old.example", "new.example", 1)
}

func benchRewrite(b *testing.B, r repository, o Options) {
	dir := b.TempDir()
	for n := 0; b.Loop(); n++ {
		o.From, o.To = r.dir, filepath.Join(dir, fmt.Sprint(n, ".git"))
		if _, err := Rewrite(b.Context(), o, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// benchPeer runs a command in a fresh copy of r.
func benchPeer(b *testing.B, r repository, program string, args ...string) {
	if _, err := exec.LookPath(program); err != nil {
		b.Skip(program, "is not installed")
	}
	dir := b.TempDir()
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		place := filepath.Join(dir, fmt.Sprint(n, ".git"))
		r.git("clone", "--quiet", "--mirror", r.dir, place)
		b.StartTimer()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = place, append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, text)
		}
	}
}

func BenchmarkPeople(b *testing.B) {
	r := corpus(b, benchCommits, 0, 0)
	var mailmap strings.Builder
	for i := range 40 {
		fmt.Fprintf(&mailmap, "Person %d <p%d@new.example> <p%d@old.example>\n", i, i, i)
	}
	name := filepath.Join(b.TempDir(), "mailmap")
	writeTestFile(b, name, mailmap.String())
	b.Run("drover", func(b *testing.B) { benchRewrite(b, r, Options{People: benchOld}) })
	b.Run("drover-ids", func(b *testing.B) { benchRewrite(b, r, Options{People: benchOld, Trailers: true, IDs: true}) })
	b.Run("drover-noop", func(b *testing.B) {
		benchRewrite(b, r, Options{People: func(a schema.Author) (string, string) { return a.Name, a.Email }})
	})
	b.Run("filter-repo", func(b *testing.B) { benchPeer(b, r, "git-filter-repo", "filter-repo", "--force", "--mailmap", name) })
	b.Run("floor", func(b *testing.B) { benchPeer(b, r, "git", "log", "--all", "--format=raw") })
}

func BenchmarkLargeFiles(b *testing.B) {
	r := corpus(b, benchCommits, benchVersions, benchSize)
	b.Run("drover", func(b *testing.B) {
		benchRewrite(b, r, Options{LargeFiles: &LargeFiles{Threshold: 100e6, Mode: Move}})
	})
	b.Run("drover-remove", func(b *testing.B) {
		benchRewrite(b, r, Options{LargeFiles: &LargeFiles{Threshold: 100e6, Mode: Remove}})
	})
	b.Run("lfs-migrate", func(b *testing.B) {
		benchPeer(b, r, "git-lfs", "lfs", "migrate", "import", "--everything", "--above=100MB", "--yes")
	})
}
