package dav

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// outline returns the elements of a document with their texts.
func outline(p *parser) []string {
	var lines []string
	var walk func(indent string)
	walk = func(indent string) {
		line := indent + p.element.space + " " + p.element.name
		for _, a := range p.element.attributes {
			line += " " + a.name + "=" + a.value
		}
		at := len(lines)
		lines = append(lines, line)
		var text bytes.Buffer
		_ = p.mixed(&text, func() { walk(indent + "-") }) // a buffer never fails
		lines[at] += " " + text.String()
	}
	if p.child() {
		walk("")
	}
	return lines
}

func TestParser(t *testing.T) {
	const say = `<?xml version="1.0" encoding="utf-8"?><!-- a > comment -- -->
<D:a xmlns:D="DAV:" xmlns="x" b = '"&lt;&#65;&#x42;'><D:c/>one<![CDATA[<&]]]>two<!--x-->&amp;<c xmlns:D='other'><D:d xmlns=""/><e:f xmlns:e="deep"></e:f></c ><D:c:d/>
</D:a>`
	want := []string{
		"DAV: a xmlns:D=DAV: xmlns=x b=\"<AB one<&]two&\n",
		"-DAV: c ",
		"-x c xmlns:D=other ",
		"--other d xmlns= ",
		"--deep f xmlns:e=deep ",
		"-DAV: c:d ",
	}
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(say), "byte by byte": iotest.OneByteReader(strings.NewReader(say))} {
		p := newParser(r)
		if diff := cmp.Diff(want, outline(p)); diff != "" || p.err != nil {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, p.err)
		}
	}
}

func TestLongText(t *testing.T) {
	long := strings.Repeat("0123456789&lt;]", 50_000)
	p := newParser(strings.NewReader("<a>" + long + "<![CDATA[" + long + "]]></a>"))
	p.child()
	want := strings.ReplaceAll(long, "&lt;", "<") + long
	if got := string(p.value(1 << 24)); got != want || p.err != nil {
		t.Errorf("%d bytes of %d: %v", len(got), len(want), p.err)
	}
}

// FuzzParser compares with encoding/xml what both accept.
func FuzzParser(f *testing.F) {
	f.Add([]byte(replay1))
	f.Add([]byte(logReport))
	f.Add([]byte(folder))
	f.Add([]byte(`<a b='c'><![CDATA[x]]><!-- y --><?z?>&#65;</a>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newParser(bytes.NewReader(data))
		got := outline(p)
		if p.err != nil {
			if !errors.Is(p.err, errXML) && !errors.Is(p.err, io.ErrUnexpectedEOF) {
				t.Errorf("error = %v", p.err)
			}
			return
		}
		var names []string
		d := xml.NewDecoder(bytes.NewReader(data))
		depth := 0
		for depth > 0 || len(names) == 0 {
			token, err := d.RawToken()
			if err != nil {
				return // it is stricter with names and characters
			}
			switch token := token.(type) {
			case xml.StartElement:
				names = append(names, token.Name.Local)
				depth++
			case xml.EndElement:
				depth--
			}
		}
		if len(got) != len(names) {
			t.Errorf("%d elements, encoding/xml sees %d", len(got), len(names))
		}
	})
}

// FuzzAnswers reads whatever a server may say.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(replay1))
	f.Add([]byte(logReport))
	f.Add([]byte(folder))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDrive(newParser(bytes.NewReader(data)), 3, t.TempDir())
		if err := d.follow(); err == nil {
			for _, n := range d.editor.Revision().Nodes {
				if svn.CheckPath(n.Path) != nil || n.FromRevision >= 3 {
					t.Errorf("node %+v", n)
				}
			}
		}
		d.discard()
		_ = newParser(bytes.NewReader(data)).log(func(e svn.LogEntry) error {
			if e.Number < 0 {
				t.Errorf("entry %+v", e)
			}
			return nil
		})
		if props, err := newParser(bytes.NewReader(data)).multistatus(); err == nil && props == nil {
			t.Error("neither properties nor an error")
		}
		readProblem(bytes.NewReader(data))
	})
}

func FuzzBase64(f *testing.F) {
	f.Add([]byte("some text"), 3)
	f.Add([]byte{0, 1, 255}, 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		size = max(1, size%64)
		text := base64.StdEncoding.EncodeToString(data)
		var got bytes.Buffer
		w := base64Writer{to: &got}
		for i := 0; i < len(text); i += size {
			if _, err := w.Write([]byte(" " + text[i:min(i+size, len(text))] + "\n")); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.close(); err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("%q became %q: %v", data, got.Bytes(), err)
		}
	})
}
