package spool_test

import (
	"bytes"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// BenchmarkSpool measures what comes before a conversion: adding a bundle, and
// reading and checking each text once. Bytes are those of the file texts.
func BenchmarkSpool(b *testing.B) {
	var bundle bytes.Buffer
	truth, err := hgtest.Generate(&bundle, hgtest.Size{Changesets: 5000, Files: 800, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	open := func(b *testing.B) *spool.Spool {
		s, err := spool.Open(b.TempDir(), spool.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	b.Run("add", func(b *testing.B) {
		b.SetBytes(truth.TextBytes)
		for b.Loop() {
			s := open(b)
			if err := s.Add(b.Context(), bytes.NewReader(bundle.Bytes())); err != nil {
				b.Fatal(err)
			}
			s.Close()
		}
	})
	s := open(b)
	defer s.Close()
	if err := s.Add(b.Context(), bytes.NewReader(bundle.Bytes())); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(truth.TextBytes)
		for b.Loop() {
			changelog, err := s.Changelog()
			readLog(b, changelog, err)
			manifests, err := s.Manifests()
			readLog(b, manifests, err)
			for path := range s.Files() {
				log, err := s.File(path)
				readLog(b, log, err)
			}
		}
	})
}

func readLog(b *testing.B, log hg.Log, err error) {
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	for i := range log.Len() {
		if _, err := log.Text(i); err != nil {
			b.Fatal(err)
		}
	}
}
