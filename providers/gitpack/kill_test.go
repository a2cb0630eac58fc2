//go:build unix

package gitpack_test

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

	"github.com/drover-migrate/drover/providers/gitpack"
)

// killedDir tells the test binary that it is the process to be killed.
const killedDir = "GITPACK_TEST_KILLED_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		fmt.Println(writeForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver adds pack after pack. It prints a line for each pack that is
// finished, and a dot for each object.
func writeForEver(dir string) error {
	s, err := gitpack.Open(dir)
	if err != nil {
		return err
	}
	for n := uint64(0); ; n++ {
		w, err := gitpack.NewWriter(s, dir)
		if err != nil {
			return err
		}
		var last gitpack.ID
		for i := range uint64(20) {
			// Large enough for the file to grow before the end.
			if last, err = w.Put(gitpack.Blob, noise(n*20+i, 200<<10)); err != nil {
				return err
			}
			fmt.Print(".")
		}
		if _, err := w.Finish(); err != nil {
			return err
		}
		fmt.Println(last)
	}
}

// TestKilledWriter kills a process that writes packs at some place, again and
// again, and looks at what git makes of it.
func TestKilledWriter(t *testing.T) {
	dir := bare(t)
	r := rand.New(rand.NewPCG(1, 1))
	for range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killedDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Some objects in, or right behind the last one before a Finish.
		said := make([]byte, 18+r.IntN(6))
		n, err := io.ReadFull(bufio.NewReaderSize(out, 16), said)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if err != nil || strings.Trim(string(said[:n]), ".\n0123456789abcdef") != "" {
			t.Fatalf("the process said %q, %v", said[:n], err)
		}

		git(t, dir, "", "fsck", "--full", "--no-dangling")
		s := open(t, dir)
		for e, err := range s.Objects() {
			if err != nil {
				t.Fatal(err)
			}
			kind, data, err := s.Read(e.ID)
			if err != nil || gitpack.Hash(kind, data) != e.ID {
				t.Fatalf("object %s: %v", e.ID, err)
			}
		}
		left, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range left {
			base := filepath.Base(name)
			if !strings.HasPrefix(base, "tmp_") && !strings.HasPrefix(base, "pack-") {
				t.Errorf("left behind: %s, which git does not prune", base)
			}
		}
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.idx")); len(names) == 0 {
		t.Error("no process finished a pack; the test kills too early")
	}
}
