package contracttest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLacks(t *testing.T) {
	tests := []struct {
		name, recorded string
		answers        []string
		want           []string // places
	}{
		{"the same", `{"a":1,"b":[{"c":"x"}]}`, []string{`{"a":2,"b":[{"c":"y"}],"more":true}`}, nil},
		{"a member", `{"a":1,"b":{"c":"x"}}`, []string{`{"a":2,"b":{}}`}, []string{".b.c"}},
		{"another type", `[{"a":1}]`, []string{`[{"a":"1"}]`}, []string{"[].a"}},
		{"null fits", `{"a":1}`, []string{`{"a":null}`}, nil},
		{"null need not be", `{"a":null}`, []string{`{"a":1}`}, nil},
		{"one of two types", `[{"a":null},{"a":1}]`, []string{`[{"a":null},{"a":"x"}]`}, []string{"[].a"}},
		{"one of several answers", `{"a":{"b":1},"c":2}`, []string{`{"a":null,"c":1}`, `{"a":{"b":1}}`}, nil},
		{"left out", `{"left":{"out":1}}`, []string{`{"left":{}}`}, nil},
		{"no answer", `{"a":1}`, nil, []string{"", ".a"}},
	}
	for _, test := range tests {
		decode := func(text string) (v any) {
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		var answers []any
		for _, a := range test.answers {
			answers = append(answers, decode(a))
		}
		var got []string
		for _, lack := range (Recording{Body: decode(test.recorded)}).Lacks(answers, func(place string) bool { return place == ".left.out" }) {
			place, _, _ := strings.Cut(lack, ": ")
			got = append(got, place)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestRecordings(t *testing.T) {
	folder := t.TempDir()
	if _, err := Recordings(folder); err == nil {
		t.Error("an empty folder holds recordings")
	}
	name := filepath.Join(folder, "labels.json")
	if err := os.WriteFile(name, []byte(`{"recorded":"today","route":"/labels","body":[1]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Recordings(folder)
	want := []Recording{{Name: "labels", When: "today", Route: "/labels", Body: []any{1.0}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.WriteFile(name, []byte("no"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Recordings(folder); err == nil {
		t.Error("it is read")
	}
}

func TestUnpack(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("{}")); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"packed": packed.Bytes(), "plain": []byte("{}")} {
		if got, err := Unpack(data); err != nil || string(got) != "{}" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, n := range []int{5, packed.Len() - 4} {
		if _, err := Unpack(packed.Bytes()[:n]); err == nil {
			t.Errorf("%d bytes are enough", n)
		}
	}
}
