package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestLinesKeepBodies(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                         `{}`,
		`{"a":"<&>\u2028 \/"}`:       `{"a":"<&>\u2028 \/"}`,
		"{\"a\":\"\u2028\u2029\"}":   "{\"a\":\"\u2028\u2029\"}",
		"{\"a\":\"\xff\"}":           "{\"a\":\"\xff\"}",
		`{"b":1e2,"a":1.0,"b":null}`: `{"b":1e2,"a":1.0,"b":null}`,
		"{ \"a\" :\n [1,\t2] }":      `{"a":[1,2]}`,
	} {
		record := &schema.Record{Kind: schema.KindLabel, ID: "1", Revision: "1", Body: json.RawMessage(body)}
		var line bytes.Buffer
		if err := encodeLine(&line, record); err != nil {
			t.Fatal(err)
		}
		if strings.Count(line.String(), "\n") != 1 {
			t.Errorf("%q makes the lines %q", body, line.String())
		}
		again, err := decodeLine(line.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if string(again.Body) != want {
			t.Errorf("%q became %q, want %q", body, again.Body, want)
		}
	}
}

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\n\n", []string{"", ""}},
		{"a\nb", []string{"a", "b"}},
		{"a\r\n", []string{"a\r"}},
		{long + "\nb\n", []string{long, "b"}},
		{long + "x\nb\n", []string{"too long", "b"}},
		{long + "x", []string{"too long"}},
	}
	for _, test := range tests {
		lines := newLineReader(strings.NewReader(test.text))
		var got []string
		for {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if errors.Is(err, errLongLine) {
				line = []byte("too long")
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%.20q (-want +got):\n%.200s", test.text, diff)
		}
		if lines.offset != int64(len(test.text)) {
			t.Errorf("%.20q: offset %d at the end of %d bytes", test.text, lines.offset, len(test.text))
		}
	}
}

// FuzzArchiveLine reads any line as an archive's. What can be read can be
// written again, and is then read as the same, by its key alone too.
func FuzzArchiveLine(f *testing.F) {
	for _, record := range exampleRecords(f) {
		var line bytes.Buffer
		if err := encodeLine(&line, &record); err != nil {
			f.Fatal(err)
		}
		f.Add(line.Bytes())
	}
	f.Add([]byte(`{"kind":"label","id":"1","revision":"1","body":{},"id":"2"}`))
	f.Add([]byte(`{"id":"1","kind":"label","revision":"1","body":{}}`))
	f.Add([]byte(`{"kind":"label","id":"\u0031","revision":"1","body":{}}`))
	f.Add([]byte(`{"kind":"label","id":"1","parent":null,"after":[{}],"revision":"1","body":[ ]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		record, err := decodeLine(line)
		if err != nil {
			return
		}
		if _, err := lineKey(line); err != nil {
			t.Fatalf("a record whose key cannot be read: %v", err)
		}
		var first bytes.Buffer
		if err := encodeLine(&first, record); err != nil {
			t.Fatalf("a record that cannot be written: %v", err)
		}
		key, err := lineKey(first.Bytes())
		if err != nil || key != record.Key() {
			t.Fatalf("key %v, %v; want %v", key, err, record.Key())
		}
		again, err := decodeLine(first.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		var second bytes.Buffer
		if err := encodeLine(&second, again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("%q became %q", first.Bytes(), second.Bytes())
		}
		if bytes.Count(first.Bytes(), []byte("\n")) != 1 {
			t.Fatalf("%q is not one line", first.Bytes())
		}
	})
}

// FuzzOrder checks that ids have an order.
func FuzzOrder(f *testing.F) {
	f.Add("9", "10", "1a")
	f.Add("01", "1", "001")
	f.Add("", "0", "00")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		kinds := schema.Kinds()
		key := func(id string) sortKey { return newSortKey(kinds, schema.Key{Kind: schema.KindLabel, ID: id}) }
		ab, ba := key(a).compare(key(b)), key(b).compare(key(a))
		if ab != -ba || (ab == 0) != (a == b) {
			t.Errorf("%q and %q compare as %d and %d", a, b, ab, ba)
		}
		if ab < 0 && key(b).compare(key(c)) < 0 && key(a).compare(key(c)) >= 0 {
			t.Errorf("%q < %q < %q, but not the first before the last", a, b, c)
		}
	})
}

// FuzzManifest reads anything as a manifest. What is accepted is written again
// as the same.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"drover-archive-1","identity":"forge:1","default_branch":"refs/heads/main","object_format":"sha1","kinds":{"label":{"file":"labels.ndjson","count":1,"bytes":2,"sha256":"` + sum("") + `"}},"blobs":{"count":1,"bytes":2}}`))
	f.Add([]byte(`{"format":"drover-archive-1","identity":"\ud800","kinds":null}`))
	f.Add([]byte(`{"format":"drover-archive-1","identity":"x","kinds":{"label":{"file":"../../x"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		if !utf8.ValidString(m.Identity) {
			t.Errorf("the identity %q was accepted", m.Identity)
		}
		first, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseManifest(first)
		if err != nil {
			t.Fatalf("%s\nwas written and is refused: %v", first, err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
	})
}
