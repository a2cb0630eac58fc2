package dav

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svnserver"
)

// BenchmarkRevisions reads a repository from a server on this machine.
// "of-svnrdump" is the time as a ratio of what svnrdump needs in the same run.
func BenchmarkRevisions(b *testing.B) {
	root := svnserver.Corpus(b, 1000)
	url := svnserver.Apache(b, root, svnserver.Web{}) + "/repository"
	peer := svnserver.Rdump(b, url)
	for _, connections := range []int{1, 2, 4, 8} {
		b.Run(strconv.Itoa(connections), func(b *testing.B) {
			start := time.Now()
			for b.Loop() {
				r, err := Open(b.Context(), remote.Options{URL: url, Connections: connections, Scratch: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				latest, err := r.Latest(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for revision, err := range r.Revisions(b.Context(), 0, latest) {
					if err != nil {
						b.Fatal(err)
					}
					if err := revision.Close(); err != nil {
						b.Fatal(err)
					}
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(time.Since(start).Seconds()/float64(b.N)/peer.Seconds(), "of-svnrdump")
		})
	}
}

// BenchmarkParser compares with encoding/xml on a replay with large texts.
func BenchmarkParser(b *testing.B) {
	var say bytes.Buffer
	say.WriteString(`<S:editor-report xmlns:S="svn:"><S:open-root rev="0"/>`)
	for range 100 {
		say.WriteString(`<S:open-file name="a" rev="1"/><S:apply-textdelta checksum="d41d8cd98f00b204e9800998ecf8427e">` +
			base64.StdEncoding.EncodeToString(make([]byte, 20_000)) + `</S:apply-textdelta><S:close-file/>`)
	}
	say.WriteString(`</S:editor-report>`)
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(say.Len()))
		for b.Loop() {
			p := newParser(bytes.NewReader(say.Bytes()))
			for p.child(); p.child(); {
				if err := p.text(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.SetBytes(int64(say.Len()))
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(say.Bytes()))
			for {
				if _, err := d.RawToken(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
