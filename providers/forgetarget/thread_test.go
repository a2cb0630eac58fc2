package forgetarget

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestWriteBody(t *testing.T) {
	broken := errors.New("broken")
	write := func(body string, fail error) providers.Written {
		one := recordOf(schema.KindIssue, "i\x1b1")
		one.Record.Body = []byte(body)
		return WriteBody(t.Context(), "acme", &one, func(_ context.Context, repo string, _ *providers.Write, b *schema.Issue) (providers.Written, error) {
			return providers.Written{Ref: schema.Ref{ID: repo + " " + b.Title}}, fail
		})
	}
	if w := write(`{"title": "a"}`, nil); w.Ref.ID != "acme a" || w.Problem != nil {
		t.Errorf("written: %+v", w)
	}
	if w := write(`{"title": "a"}`, broken); w.Ref.ID != "" || !errors.Is(w.Problem, broken) {
		t.Errorf("failed: %+v", w)
	}
	if w := write(`{"title": 7}`, nil); w.Problem == nil || w.Problem.Code != providers.CodeInvalid || strings.Contains(w.Problem.Error(), "\x1b") {
		t.Errorf("not an issue: %+v", w)
	}
}

func TestCheckVersion(t *testing.T) {
	for _, test := range []struct {
		version   string
		overwrite bool
		ok        bool
	}{{"", false, true}, {"now", false, true}, {"then", false, false}, {"then", true, true}} {
		one := providers.Write{Ref: schema.Ref{Version: test.version}, Overwrite: test.overwrite}
		if err := CheckVersion(&one, "now"); (err == nil) != test.ok || err != nil && providers.CodeOf(err) != providers.CodeConflict {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestSubIssues(t *testing.T) {
	one := providers.Write{Related: []providers.Related{
		{Key: schema.Key{Kind: schema.KindIssue, ID: "1"}, Ref: schema.Ref{ID: "x", Text: "#7"}},
		{Key: schema.Key{Kind: schema.KindIssue, ID: "2"}, Ref: schema.Ref{ID: "y", Text: "#8"}},
	}}
	for want, ids := range map[string][]string{"sub-issues: #7, #8": {"1", "2"}, "sub-issues: #7, 2 more": {"1", "3", "4"}, "2 sub-issues": {"3", "4"}} {
		if got := SubIssues(&one, ids); got != want {
			t.Errorf("%v are %q; want %q", ids, got, want)
		}
	}
}

func TestWhere(t *testing.T) {
	for want, p := range map[string]schema.Position{
		"on ``a`b.go``, line 3":                             {Path: "a`b.go", Line: 3, Side: "new"},
		"on `a`, lines 1 to 3 before the change (outdated)": {Path: "a", StartLine: 1, Line: 3, Side: "old", Outdated: true},
		"on `a`, line 3":                                    {Path: "a", StartLine: 3, Line: 3},
		"on `a`":                                            {Path: "a", WholeFile: true, Line: 1},
	} {
		if got := Where(&p); got != want {
			t.Errorf("%+v is %q; want %q", p, got, want)
		}
	}
}

func TestQuoteHunk(t *testing.T) {
	long := strings.Repeat("+x\n", 100)
	for _, test := range []struct{ hunk, want string }{
		{"", "said"},
		{"\n", "said"},
		{"@@\n+```\n", "````diff\n@@\n+```\n````\n\nsaid"},
		{long, "```diff\n" + strings.Repeat("+x\n", maxHunk) + "```\n\nsaid"},
	} {
		if got := QuoteHunk(test.hunk, "said"); got != test.want {
			t.Errorf("%.20q becomes %q; want %q", test.hunk, got, test.want)
		}
	}
	if got := Hide("a", "<b>_c"); got != "<details><summary>Hidden as <code>&lt;b&gt; c</code></summary>\n\na\n\n</details>" {
		t.Errorf("hidden: %q", got)
	}
	var lost Losses
	lost.Add("a")
	lost.Add("b")
	lost.Add("a")
	if lost.String() != "a; b" {
		t.Errorf("lost: %q", lost)
	}
}
