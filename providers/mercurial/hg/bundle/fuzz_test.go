package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// nowhere is a sink that counts.
type nowhere struct{ revisions int }

func (n *nowhere) Begin(bundle.Log) error               { return nil }
func (n *nowhere) PhaseHeads(hg.Phase, []hg.Node) error { return nil }
func (n *nowhere) TargetPhase(hg.Phase) error           { return nil }
func (n *nowhere) Bookmark(string, hg.Node) error       { return nil }
func (n *nowhere) Obsolete([]byte) error                { return nil }
func (n *nowhere) Revision(r bundle.Revision) (err error) {
	n.revisions++
	_, err = io.Copy(io.Discard, r.Delta)
	return err
}

// seed is a small bundle of version 2, not compressed.
func seed(f *testing.F) []byte {
	var b bytes.Buffer
	if _, err := hgtest.Generate(&b, hgtest.Size{Changesets: 4, Files: 2}); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}

// FuzzRead reads any bytes as a bundle.
func FuzzRead(f *testing.F) {
	plain := seed(f)
	f.Add(plain)
	pack, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pack.EncodeAll(plain[8:], []byte("HG20\x00\x00\x00\x0eCompression=ZS")))
	f.Add([]byte("HG10UN\x00\x00\x00\x54" + strings.Repeat("n", 80) + strings.Repeat("\x00", 12)))
	f.Add([]byte("HG20\x00\x00\x00\x0eCompression=XY"))
	f.Add([]byte("HGS1UN"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sink := &nowhere{}
		err := bundle.Read(context.Background(), bytes.NewReader(data), sink)
		var known *providers.Error
		if err != nil && !errors.Is(err, hg.ErrCorrupt) && !errors.As(err, &known) {
			t.Fatalf("an error of no kind: %v", err)
		}
	})
}

// FuzzSpool adds any bytes as a bundle to a spool that holds something, and
// reads every text. What fails leaves the spool as it was.
func FuzzSpool(f *testing.F) {
	f.Add(seed(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := spool.Open(t.TempDir(), spool.Options{Scratch: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		failed := s.Add(context.Background(), bytes.NewReader(data))
		changelog, err := s.Changelog()
		if err != nil {
			t.Fatal(err)
		}
		defer changelog.Close()
		if failed != nil && changelog.Len() > 0 {
			t.Fatalf("the bundle was refused (%v) and left %d changesets", failed, changelog.Len())
		}
		readTexts(t, changelog)
		for path := range s.Files() {
			log, err := s.File(path)
			if err != nil {
				t.Fatal(err)
			}
			readTexts(t, log)
			log.Close()
		}
	})
}

func readTexts(t *testing.T, log hg.Log) {
	t.Helper()
	for i := range log.Len() {
		text, err := log.Text(i)
		if err != nil && !errors.Is(err, hg.ErrCorrupt) && !errors.Is(err, hg.ErrTooLarge) {
			t.Fatal(err)
		}
		if err == nil && int64(len(text)) != log.Entry(i).Size {
			t.Fatalf("revision %d has %d bytes and should have %d", i, len(text), log.Entry(i).Size)
		}
	}
}

// TestRefused reads bundles that hold what is not supported.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, data string
		code       providers.Code
	}{
		{"a compression", "HG20\x00\x00\x00\x0eCompression=XY", providers.CodeUnsupported},
		{"a parameter", "HG20\x00\x00\x00\x07Capital", providers.CodeUnsupported},
		{"a stream clone", "HGS1UN", providers.CodeUnsupported},
		{"another version", "HG30....", providers.CodeUnsupported},
		{"a mandatory part", "HG20\x00\x00\x00\x00\x00\x00\x00\x0a\x03NEW\x00\x00\x00\x00\x00\x00", providers.CodeUnsupported},
		{"a stream part", "HG20\x00\x00\x00\x00\x00\x00\x00\x0d\x06STREAM\x00\x00\x00\x00\x00\x00", providers.CodeUnsupported},
		{"not a bundle", "PK\x03\x04", providers.CodeInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := bundle.Read(t.Context(), bytes.NewReader([]byte(test.data)), &nowhere{})
			if code := providers.CodeOf(err); code != test.code {
				t.Errorf("got %s: %v", code, err)
			}
		})
	}
	for name, data := range map[string]string{
		"an endless header":     "HG20\xff\xff\xff\xff",
		"10 GB of a revision":   "HG10UN\x7f\xff\xff\xff",
		"a path out of it":      "HG10UN\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08../x",
		"nothing":               "",
		"a chunk that is short": "HG10UN\x00\x00\x00\x03",
	} {
		if err := bundle.Read(t.Context(), bytes.NewReader([]byte(data)), &nowhere{}); !errors.Is(err, hg.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := bundle.Read(ctx, bytes.NewReader([]byte("HG10UN")), &nowhere{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
