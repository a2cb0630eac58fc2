package threads

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func TestPlace(t *testing.T) {
	for _, p := range []place{{number: 12}, {number: 12, comment: 5}, {number: 12, review: 7}, {number: 12, review: 7, remark: 8}, {number: 12, asset: 9}} {
		got, err := parsePlace(p.id())
		if err != nil || got != p {
			t.Errorf("parsePlace(%q) = %+v, %v", p.id(), got, err)
		}
	}
	for _, id := range []string{"", "0", "-1", "x", "1/", "1/comment", "1/comment/0", "1/comment/x", "1/other/2", "1/comment/2/comment/3", "1/review/2/remark/3/asset/4", "99999999999999999999"} {
		if p, err := parsePlace(id); err == nil {
			t.Errorf("parsePlace(%q) = %+v", id, p)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("12/review/7/remark/8")
	f.Fuzz(func(t *testing.T, id string) {
		p, err := parsePlace(id)
		if err != nil {
			return
		}
		if again, err := parsePlace(p.id()); err != nil || again != p {
			t.Errorf("%q became %+v, then %+v, %v", id, p, again, err)
		}
	})
}

func TestPartedAt(t *testing.T) {
	commit := func(sha string, parents ...string) api.Commit {
		c := api.Commit{SHA: sha}
		for _, p := range parents {
			c.Parents = append(c.Parents, struct {
				SHA string `json:"sha"`
			}{p})
		}
		return c
	}
	for _, test := range []struct {
		name    string
		commits []api.Commit
		want    string
	}{
		{"one", []api.Commit{commit("b", "a")}, "a"},
		{"a line", []api.Commit{commit("c", "b"), commit("b", "a")}, "a"},
		{"a diamond", []api.Commit{commit("d", "b", "c"), commit("c", "a"), commit("b", "a")}, "a"},
		{"the base was merged into it", []api.Commit{commit("c", "b", "m"), commit("b", "a")}, ""},
		{"a root", []api.Commit{commit("a")}, ""},
	} {
		if got := partedAt(test.commits); got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
	}
}

func TestInPlace(t *testing.T) {
	for _, test := range []struct {
		name       string
		refs, want map[string]string
	}{
		{"nothing", map[string]string{"refs/heads/main": "1", "refs/heads/drover/pull/7/head": "2"}, nil},
		{"missing", map[string]string{"refs/heads/main": "1", "refs/heads/drover/pull/7/place/topic/a": "2"}, map[string]string{"refs/heads/topic/a": "2"}},
		{"made anew", map[string]string{"refs/heads/topic": "3", "refs/heads/drover/pull/7/place/topic": "2"}, nil},
		{"several", map[string]string{"refs/heads/drover/pull/7/place/x": "1", "refs/heads/drover/pull/8/place/y": "2"}, map[string]string{"refs/heads/x": "1", "refs/heads/y": "2"}},
		{"a place in the name", map[string]string{"refs/heads/drover/pull/7/place/a/place/b": "1"}, map[string]string{"refs/heads/a/place/b": "1"}},
		{"without a name", map[string]string{"refs/heads/drover/pull/7/place/": "1"}, nil},
		{"a tag", map[string]string{"refs/tags/drover/pull/7/place/x": "1"}, nil},
		{"of somebody else", map[string]string{"refs/heads/other/7/place/x": "1"}, nil},
	} {
		if diff := cmp.Diff(test.want, InPlace(test.refs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestQuoted(t *testing.T) {
	s := &speech{key: schema.Key{Kind: schema.KindComment, ID: "1"}, text: "said"}
	for _, test := range []struct {
		name     string
		position schema.Position
		want     string
	}{
		{"one line", schema.Position{Path: "a`b.go", Line: 3, Side: "new"}, "> on ``a`b.go``, line 3\n\nsaid"},
		{"hunk with a fence", schema.Position{Path: "a", Hunk: "@@\n+```\n"}, "> on `a`\n\n````diff\n@@\n+```\n````\n\nsaid"},
	} {
		got, _, _ := strings.Cut(s.quoted(&test.position).body(true), "\n\n<!--")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if s.text != "said" || len(s.line.Extra) > 0 {
		t.Error("quoting changed what was quoted")
	}
}

func TestTitleFits(t *testing.T) {
	for title, want := range map[string]string{
		"":                       untitled,
		" a \n b ":               "a b",
		strings.Repeat("ä", 255): strings.Repeat("ä", 255),
		strings.Repeat("ä", 256): strings.Repeat("ä", 254) + "…",
	} {
		n := &wanted{title: title}
		if n.fit(); n.title != want {
			t.Errorf("%q became %q", title, n.title)
		}
		if cut := len(n.lost) > 0; cut != strings.HasSuffix(want, "…") {
			t.Errorf("%q lost %v", title, n.lost)
		}
	}
}

func TestHeadName(t *testing.T) {
	for _, test := range []struct {
		head schema.Tip
		want string
	}{
		{schema.Tip{Branch: "topic"}, "topic"},
		{schema.Tip{Branch: "main", Repository: "octo/fork"}, "octo/main"},
		{schema.Tip{}, "drover/pull/7/head"},
	} {
		c := &change{Change: &schema.Change{Number: 7, Head: test.head}}
		if got := c.headName(); got != test.want {
			t.Errorf("%+v is called %q, not %q", test.head, got, test.want)
		}
	}
}

func TestSpeechLosesNothing(t *testing.T) {
	s := commentSpeech(&providers.Write{Record: schema.Record{Kind: schema.KindComment, ID: "c"}}, &schema.Comment{Text: "text\n\nmore", Author: schema.Person{Login: "ann"}, CreatedAt: at, URL: "https://example.org/1"})
	for _, real := range []bool{true, false} {
		body := s.body(real, "reactions: x")
		if got := attribution.Strip(body); got != "text\n\nmore" {
			t.Errorf("the text is %q", got)
		}
		if named := strings.Contains(body, "`ann`"); named == real {
			t.Errorf("real %v: %q", real, body)
		}
	}
}
