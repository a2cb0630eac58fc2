package ra

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// talking returns a connection to a server that says this.
func talking(say string, sent io.Writer) *conn {
	return &conn{decoder: newDecoder(strings.NewReader(say)), w: bufio.NewWriter(sent), options: &remote.Options{}}
}

func TestItems(t *testing.T) {
	d := newDecoder(strings.NewReader("( word 22 6:string ( sub ( list ) ) 3:) ( )\n(\n) true 1234567890123456789 \n"))
	d.open()
	if got := d.word(); got != "word" {
		t.Errorf("word = %q", got)
	}
	if got := d.number(); got != 22 {
		t.Errorf("number = %d", got)
	}
	if got := d.text(6); got != "string" {
		t.Errorf("text = %q", got)
	}
	d.close() // skips the rest, brackets within a string included
	d.open()
	if d.more() {
		t.Error("an empty list has more")
	}
	d.close()
	if !d.bool() || d.number() != 1234567890123456789 || d.err != nil {
		t.Errorf("after the lists: %v", d.err)
	}
	if d.word(); !errors.Is(d.err, io.ErrUnexpectedEOF) {
		t.Errorf("at the end: %v", d.err)
	}
}

func TestLongString(t *testing.T) {
	long := strings.Repeat("0123456789", 50_000)
	d := newDecoder(strings.NewReader(quote(long) + " " + quote(long) + " "))
	if got := d.text(1 << 20); got != long {
		t.Errorf("a text of %d bytes has %d: %v", len(long), len(got), d.err)
	}
	var b bytes.Buffer
	if err := d.copyTo(&b); err != nil || b.String() != long || d.err != nil {
		t.Errorf("copied %d bytes of %d: %v, %v", b.Len(), len(long), err, d.err)
	}
}

func FuzzItems(f *testing.F) {
	f.Add([]byte("( word 22 6:string ( sub ( list ) ) ) "))
	f.Add([]byte("99999999999999999999 "))
	f.Add([]byte("9223372036854775807:x"))
	f.Add([]byte(strings.Repeat("( ", 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDecoder(bytes.NewReader(data))
		for d.err == nil {
			d.skip()
		}
		if !errors.Is(d.err, errSyntax) && !errors.Is(d.err, io.ErrUnexpectedEOF) {
			t.Errorf("error = %v", d.err)
		}
	})
}

// FuzzAnswers reads whatever a server may say where revisions and log entries
// are expected.
func FuzzAnswers(f *testing.F) {
	for _, say := range []string{rev1, rev2, "( failure ( ( 1 1:x 0: 0 ) ) ) ",
		"( ( ( 2:/a A ( 2:/b 1 ) ( 4:file true false ) ) ) 1 ( 1:a ) ( ) ( 3:log ) false false 1 ( ( 1:p 1:v ) ) ) done ( success ( ) ) "} {
		f.Add([]byte(noAuth + say))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if revision, err := talking(strings.TrimPrefix(string(data), noAuth), io.Discard).revision(3, t.TempDir()); err == nil {
			for _, n := range revision.Nodes {
				if n.Path == ".." || strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "../") || n.FromRevision >= 3 {
					t.Errorf("node %+v", n)
				}
			}
			if err := revision.Close(); err != nil {
				t.Error(err)
			}
		}
		c := talking(string(data), io.Discard)
		_ = c.log(1, 3, func(e svn.LogEntry) error { // whatever it is, it must not panic
			for _, change := range e.Changes {
				if svn.CheckPath(change.Path) != nil {
					t.Errorf("change %+v", change)
				}
			}
			return nil
		})
	})
}
