package hgtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Fill makes a history with branches, merges, copies, odd names, and logs that
// are too large for an index with its data inline.
func Fill(r *Repo) {
	random := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 3000)
	for i := range lines {
		lines[i] = fmt.Sprintf("%x %x", random.Uint64(), random.Uint64())
	}
	names := []string{"a", "B/c", "_x/Y_", "aux.txt", "con/prn", "dir.i/f", "dir.d/x.i", "x.hg/y", ".dot/ sp/end.", "quo\"te", "ümläut", "~tilde",
		strings.Repeat("long/path with CAPS/", 8) + "file.TXT", "data/" + strings.Repeat("x", 130) + ".i", strings.Repeat("ABCDEFGHIJ/", 12) + "..."}
	for i, name := range names {
		r.Write(name, fmt.Sprintf("content of %d\n", i))
	}
	r.Write("empty", "")
	r.Write("large", strings.Join(lines, "\n"))
	r.Commit("first")
	for i := range 12 {
		lines[random.IntN(len(lines))] = fmt.Sprint(i)
		r.Write("large", strings.Join(lines, "\n"))
		r.Write("a", strings.Repeat(fmt.Sprintln(i), i))
		r.Commit(fmt.Sprintf("change %d", i))
	}
	r.Hg("copy", "a", "copy of a")
	r.Hg("rename", "B/c", "B/d")
	r.Commit("copies")
	r.Hg("update", "-q", "3")
	r.Hg("branch", "-q", "stable")
	r.Write("a", "stable\n")
	r.Hg("remove", "aux.txt")
	r.Commit("on a branch")
	r.Hg("merge", "-q", "-t", ":local", "default")
	r.Commit("merge")
	r.Write("NUL", "a\x00b\x00c\n")
	r.Commit("binary")
	r.Hg("tag", "-d", "1000000100 0", "v1")
	r.Hg("bookmark", "here")
}
