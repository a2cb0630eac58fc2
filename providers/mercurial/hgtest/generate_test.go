package hgtest_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// TestGenerate lets hg read a generated history and compares it with the truth.
func TestGenerate(t *testing.T) {
	var bundle bytes.Buffer
	truth, err := hgtest.Generate(&bundle, hgtest.Size{Changesets: 600, Files: 40, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := hgtest.New(t)
	name := filepath.Join(t.TempDir(), "generated.hg")
	if err := os.WriteFile(name, bundle.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Hg("unbundle", "-q", name)
	r.Hg("verify", "-q")
	if truth.Merges == 0 || truth.Copies == 0 || len(truth.Tags) == 0 {
		t.Errorf("%d merges, %d copies, %d tags", truth.Merges, truth.Copies, len(truth.Tags))
	}
	var want []string
	for _, n := range truth.Changesets {
		want = append(want, n.String())
	}
	if diff := cmp.Diff(want, r.Changesets()); diff != "" {
		t.Errorf("changesets (-truth +hg):\n%s", diff)
	}
	var branches []string
	for name, tip := range truth.Tips {
		branches = append(branches, fmt.Sprintf("%s %s %v", name, tip.Node, truth.Closed[name]))
	}
	slices.Sort(branches)
	got := strings.Split(strings.TrimSpace(r.Hg("branches", "--closed", "-T", "{branch} {node} {if(closed, 'true', 'false')}\n")), "\n")
	slices.Sort(got)
	if diff := cmp.Diff(branches, got); diff != "" {
		t.Errorf("branches (-truth +hg):\n%s", diff)
	}
	tip := truth.Tips[hg.DefaultBranch]
	archive := filepath.Join(t.TempDir(), "archive")
	r.Hg("archive", "-q", "-X", ".hg_archival.txt", "--config", "ui.archivemeta=no", "-r", tip.Node.String(), archive)
	files := map[string]string{}
	for path, content := range tip.Files {
		files[path] = describe(content.Text, content.Flag)
	}
	if diff := cmp.Diff(files, readFolder(t, archive)); diff != "" {
		t.Errorf("files (-truth +hg):\n%s", diff)
	}
}

func describe(text []byte, flag hg.Flag) string {
	sum := sha1.Sum(text)
	return fmt.Sprintf("%q %s", flag, hex.EncodeToString(sum[:]))
}

func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type()&os.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			files[name] = describe([]byte(to), hg.Symlink)
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		flag := hg.Regular
		if info.Mode()&0o100 != 0 {
			flag = hg.Executable
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = describe(text, flag)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// BenchmarkGenerate makes the history that converters are measured with.
func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		var bundle bytes.Buffer
		truth, err := hgtest.Generate(&bundle, hgtest.Size{Changesets: 20000, Files: 1500, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(truth.TextBytes)
		b.ReportMetric(float64(bundle.Len()), "bundle-bytes")
	}
}
