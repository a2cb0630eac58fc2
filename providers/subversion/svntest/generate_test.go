package svntest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
)

func small() Shape {
	return Shape{Seed: 7, Revisions: 300, Files: 60, FileSize: 3000, Branches: 12, Tags: 15, Merges: 10, Authors: 5}
}

// Subversion accepts a generated history, and has what the truth says.
func TestGenerateLoads(t *testing.T) {
	g := Generate(small())
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	dir := g.Repository(t)
	Run(t, nil, "svnadmin", "verify", "-q", dir)
	for _, revision := range []int64{1, 2, 77, 200, g.Latest()} {
		compareExport(t, g.History, dir, revision)
	}
}

func TestGenerateIsTheSameAgain(t *testing.T) {
	sum := func() string {
		h := sha256.New()
		if err := Generate(small()).Dump(h); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	if a, b := sum(), sum(); a != b {
		t.Errorf("two histories of one shape: %s, %s", a, b)
	}
}

// The history has what it is meant to test.
func TestGenerateIsVaried(t *testing.T) {
	g := Generate(small())
	deleted, tags := 0, 0
	for _, b := range g.Branches {
		if b.Deleted > 0 {
			deleted++
		}
		if b.Tag {
			tags++
		}
		if alive := g.Exists(g.Latest(), b.Path); alive != (b.Deleted == 0) {
			t.Errorf("%s exists: %v, deleted in r%d", b.Path, alive, b.Deleted)
		}
	}
	if deleted == 0 || tags == 0 || len(g.Merges) < 5 || len(g.Branches) < 20 {
		t.Errorf("%d branches, %d of them deleted, %d tags, %d merges", len(g.Branches), deleted, tags, len(g.Merges))
	}
	if got := g.Latest(); got != 300 {
		t.Errorf("%d revisions", got)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if err := Generate(Large(2000)).Dump(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
