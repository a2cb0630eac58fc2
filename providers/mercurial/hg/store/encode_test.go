package store

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// encodeExtension makes hg encode the names that it reads, in all four ways.
const encodeExtension = `
import sys
from mercurial import registrar, store

cmdtable = {}
command = registrar.command(cmdtable)


@command(b'encodepaths', [], b'', norepo=True)
def encodepaths(ui):
    for name in sys.stdin.buffer.read().split(b'\0'):
        ui.write(
            store.encodedir(name) + b'\0'
            + store.encodefilename(name) + b'\0'
            + store._hybridencode(name, False) + b'\0'
            + store._hybridencode(name, True) + b'\0'
        )
`

// TestEncode compares names with what hg makes of them.
func TestEncode(t *testing.T) {
	r := hgtest.New(t)
	extension := filepath.Join(t.TempDir(), "encode.py")
	if err := os.WriteFile(extension, []byte(encodeExtension), 0o666); err != nil {
		t.Fatal(err)
	}
	names := []string{"data/a.i", "data/...i", "data/....i", "data/aux.i", "data/com1.txt.i", "data/lpt0.i", "data/A/con/x.d"}
	random := rand.New(rand.NewPCG(1, 1))
	pieces := []string{"a", "B", "_", "__", ".", "..", " ", "~", "~7e", ":", "\x01", "ü", "\x7f", "}", "aux", "con", "com1", "lpt9", "prn.x",
		".i", ".d", ".hg", "longer-part", "THIS IS A FOLDER"}
	for range 5000 {
		name := "data"
		for range 1 + random.IntN(12) {
			part := ""
			for range 1 + random.IntN(4) {
				part += pieces[random.IntN(len(pieces))]
			}
			name += "/" + part
		}
		names = append(names, name+[]string{".i", ".d"}[random.IntN(2)])
	}
	cmd := r.Command("encodepaths", "--config", "extensions.encode="+extension)
	cmd.Stdin = strings.NewReader(strings.Join(names, "\x00"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := bytes.Split(out, []byte{0})
	for i, name := range names {
		for e := encodeFolders; e <= encodeDots; e++ {
			if got, want := e.encode(name), string(answers[4*i+int(e)]); got != want {
				t.Errorf("encoding %d of %q: got %q, want %q", e, name, got, want)
			}
		}
		if got := decodeFolderNames(encodeFolders.encode(name)); got != name {
			t.Errorf("%q became %q", name, got)
		}
		if got := decodeFolderNames(unescape(encodeCase.encode(name))); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
}

// FuzzRevlog opens any bytes as a log and reads every text.
func FuzzRevlog(f *testing.F) {
	r := hgtest.New(f)
	for _, text := range []string{"one\n", "one\ntwo\n", strings.Repeat("long ", 3000)} {
		r.Write("a", text)
		r.Commit("change")
	}
	for _, name := range []string{"data/a.i", "00manifest.i", "00changelog.i"} {
		data, err := os.ReadFile(filepath.Join(r.Dir, ".hg/store", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte(nil))
		split := append([]byte{0, 2, 0, 1}, data[4:64]...) // not inline, with general delta
		f.Add(split, data[64:])
	}
	f.Fuzz(func(t *testing.T, index, data []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"a.i": index, "a.d": data} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		d, err := newDecoders()
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
		log, err := openRevlog(root, "a.i", "a.d", d)
		if err != nil {
			return
		}
		repo := &Repository{changelog: log}
		texts := repo.log(log, "file")
		defer texts.Close()
		for i := range texts.Len() {
			texts.Delta(i)
			if text, err := texts.Text(i); err == nil && int64(len(text)) != texts.Entry(i).Size {
				t.Fatalf("revision %d has %d bytes and should have %d", i, len(text), texts.Entry(i).Size)
			}
			if body, err := texts.Open(i); err == nil {
				body.Close()
			}
		}
	})
}

// FuzzChunk decompresses any bytes, at once and as a stream.
func FuzzChunk(f *testing.F) {
	for _, s := range []string{"", "\x00raw", "uplain", "x\x9c\x03\x00\x00\x00\x00\x01", "(\xb5/\xfd\x04\x00", "?"} {
		f.Add([]byte(s))
	}
	d, err := newDecoders()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		chunk, err := d.decode(nil, stored)
		r, openErr := openChunk(bytes.NewReader(stored))
		if openErr != nil || len(stored) == 0 {
			return
		}
		defer r.Close()
		var streamed bytes.Buffer
		if _, streamErr := streamed.ReadFrom(r); err == nil && streamErr == nil && !bytes.Equal(chunk, streamed.Bytes()) {
			t.Fatalf("at once: %q; streamed: %q", chunk, streamed.Bytes())
		}
	})
}
