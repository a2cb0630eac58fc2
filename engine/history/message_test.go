package history

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

type gitID = gitpack.ID

func TestMentions(t *testing.T) {
	const full = "0123456789012345678901234567890123456789"
	for text, want := range map[string][]string{
		"":                                  nil,
		"abc123":                            nil,
		"abc1234":                           {"abc1234"},
		"see abc1234, def5678.":             {"abc1234", "def5678"},
		"abc1234..def5678":                  {"abc1234", "def5678"},
		"(abc1234)":                         {"abc1234"},
		"0abc1234x":                         nil,
		"xabc1234":                          nil,
		"_abc1234":                          nil,
		"defaced effaced":                   nil, // words
		"20230101 12345678":                 nil, // numbers
		"ABC1234":                           nil, // git prints lower case
		full:                                {full},
		full + "0":                          nil,
		full[:39] + "a":                     {full[:39] + "a"},
		"v1.2-3-gabc1234":                   {"abc1234"},
		"-gabc1234 x-gabc1234":              nil,
		"Change-Id: I" + full:               nil,
		strings.Repeat("abc1234 ", 3):       {"abc1234", "abc1234", "abc1234"},
		strings.Repeat("a1", 40):            nil,
		"abc12345-abc1-abc1-abc1-abc123456": {"abc12345", "abc123456"},
	} {
		var got []string
		for m := range mentions([]byte(text)) {
			got = append(got, text[m.start:m.end])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestInURL(t *testing.T) {
	for text, want := range map[string]bool{
		"abc1234":                             false,
		"https://forge.example/c/abc1234":     true,
		"<https://forge.example/c/abc1234>":   true,
		"https://forge.example/ abc1234":      false,
		"(https://forge.example/x) (abc1234)": false,
		"see: abc1234":                        false,
	} {
		if got := inURL([]byte(text), strings.Index(text, "abc1234")); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// FuzzMentions compares with the obvious way to find words.
func FuzzMentions(f *testing.F) {
	f.Add("see abc1234, v1-2-gabc1234 and 0123456789012345678901234567890123456789")
	f.Fuzz(func(t *testing.T, text string) {
		var want []span
		for i := 0; i < len(text); {
			end := i
			for end < len(text) && isHex(text[end]) {
				end++
			}
			if end > i && isMention([]byte(text), i, end) {
				want = append(want, span{i, end})
			}
			i = max(end, i+1)
		}
		var got []span
		for m := range mentions([]byte(text)) {
			got = append(got, m)
			inURL([]byte(text), m.start)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for v := range trailers([]byte(text)) {
			_ = text[v.start:v.end]
		}
	})
}
