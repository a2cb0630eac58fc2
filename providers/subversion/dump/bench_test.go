package dump

import (
	"io"
	"os"
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// benchmarkHistory is a generated history as large as the machine's patience.
func benchmarkHistory(b *testing.B) *svntest.Generated {
	b.Helper()
	return svntest.Generate(svntest.Large(1000))
}

func drain(b *testing.B, r svn.Repository) {
	latest, err := r.Latest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for revision, err := range r.Revisions(b.Context(), 0, latest) {
		if err != nil {
			b.Fatal(err)
		}
		revision.Close()
	}
}

func BenchmarkFile(b *testing.B) {
	g := benchmarkHistory(b)
	path := g.DumpFile(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		f, err := OpenFile(path, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		drain(b, f)
	}
}

// BenchmarkDirectory compares the two ways to read a directory with what
// svnadmin alone needs.
func BenchmarkDirectory(b *testing.B) {
	path := os.Getenv("DROVER_BENCH_SVN") // a large repository
	if path == "" {
		path = benchmarkHistory(b).Repository(b)
	}
	open := func(b *testing.B) *directory {
		r, err := Open(b.Context(), path, Options{Scratch: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		return r.(*directory)
	}
	b.Run("directly", func(b *testing.B) {
		for b.Loop() {
			drain(b, open(b))
		}
	})
	b.Run("by svnadmin", func(b *testing.B) {
		for b.Loop() {
			d := open(b)
			d.direct = nil
			drain(b, d)
		}
	})
	b.Run("svnadmin dump --deltas", func(b *testing.B) {
		for b.Loop() {
			p := program{name: "svnadmin", args: []string{"dump", "--quiet", "--deltas", path}}
			err := p.run(b.Context(), func(r io.Reader) error {
				_, err := io.Copy(io.Discard, r)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("log", func(b *testing.B) {
		for b.Loop() {
			drainLog(b, open(b))
		}
	})
	b.Run("log by svn", func(b *testing.B) {
		for b.Loop() {
			d := open(b)
			d.direct = nil
			drainLog(b, d)
		}
	})
}

func drainLog(b *testing.B, r svn.Repository) {
	latest, err := r.Latest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, err := range r.Log(b.Context(), 0, latest) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
