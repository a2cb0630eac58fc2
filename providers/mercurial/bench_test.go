package mercurial

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// BenchmarkConvert converts a generated repository, which hg made of a bundle,
// and reports how long hg takes to bundle it again: no program of Mercurial's
// own reads all of a history faster.
func BenchmarkConvert(b *testing.B) {
	const changesets = 3000
	r := hgtest.New(b)
	bundle := filepath.Join(b.TempDir(), "generated.hg")
	file, err := os.Create(bundle)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := hgtest.Generate(file, hgtest.Size{Changesets: changesets, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	r.Hg("unbundle", "-q", bundle)
	b.Run("drover", func(b *testing.B) {
		s, err := newSource(providers.Config{Dir: r.Dir, Scratch: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		for i := range b.N {
			dir := filepath.Join(b.TempDir(), fmt.Sprint(i))
			req := providers.ExportRequest{Repo: providers.Repo{Settings: settingsOf(b, r.Dir)}, Part: providers.PartCode, Dir: dir}
			if _, err := s.ExportGit(b.Context(), req, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(changesets*float64(b.N)/b.Elapsed().Seconds(), "changesets/s")
	})
	b.Run("hg-bundle", func(b *testing.B) {
		for i := range b.N {
			r.Hg("bundle", "-q", "--all", "--type", "none-v2", filepath.Join(b.TempDir(), fmt.Sprint(i)))
		}
	})
}
