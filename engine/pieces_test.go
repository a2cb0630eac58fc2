package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// gistOf is a gist with files of these names.
func gistOf(names string) string {
	s := schema.Snippet{
		Title: "tips", Description: "some tips", Visibility: "public", Author: schema.Person{Login: "mona"}, URL: "https://old.example/g1",
		Files: []schema.SnippetFile{},
	}
	for _, name := range strings.Fields(names) {
		s.Files = append(s.Files, schema.SnippetFile{Name: name, Text: "this is " + name})
	}
	body, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// divides is a migration of a gist to a target whose snippets take two files.
func divides(t *testing.T, names string) *forges {
	f := newForges(t)
	f.to.snippetFiles, f.to.versions = 2, true
	f.resource.Address, f.resource.OverFileLimit = `gists.mona["g1"]`, "split"
	f.from.add(schema.KindSnippet, "g1", nil, gistOf(names))
	f.from.add(schema.KindComment, "c1", &schema.Key{Kind: schema.KindSnippet, ID: "g1"}, `{"text":"good"}`)
	return f
}

// held describes the snippets of the target, by their keys.
func (f *forge) held(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, o := range f.objects {
		if o.marker.Kind != schema.KindSnippet {
			continue
		}
		var s schema.Snippet
		if err := json.Unmarshal([]byte(o.body), &s); err != nil {
			t.Fatal(err)
		}
		line := s.Title + ":"
		for _, file := range s.Files {
			line += " " + file.Name
		}
		if list[o.marker.ID] != "" {
			t.Errorf("%s stands there twice", o.marker)
		}
		list[o.marker.ID] = fmt.Sprintf("%s (%s, by %q)", line, s.Visibility, s.Author.Login)
	}
	return list
}

const empty = `Part of a gist, empty: empty.md (private, by "")`

func TestGistsAreDivided(t *testing.T) {
	f := divides(t, "a b c d e")
	for _, step := range []struct {
		names string
		want  map[string]string
		calls []string
	}{
		{"a b c d e",
			map[string]string{"g1": `tips (1/3): a b (public, by "mona")`, "g1#2": `tips (2/3): c d (public, by "")`, "g1#3": `tips (3/3): e (public, by "")`},
			[]string{"create snippet g1", "create snippet g1#2", "create snippet g1#3", "create comment c1"}},
		{"a b c d x",
			map[string]string{"g1": `tips (1/3): a b (public, by "mona")`, "g1#2": `tips (2/3): c d (public, by "")`, "g1#3": `tips (3/3): x (public, by "")`},
			[]string{"update snippet g1#3"}},
		{"a b d x",
			map[string]string{"g1": `tips (1/2): a b (public, by "mona")`, "g1#2": `tips (2/2): d x (public, by "")`, "g1#3": empty},
			[]string{"update snippet g1", "update snippet g1#2", "update snippet g1#3"}},
		{"a x",
			map[string]string{"g1": `tips: a x (public, by "mona")`, "g1#2": empty, "g1#3": empty},
			[]string{"update snippet g1", "update snippet g1#2"}},
		{"a b x",
			map[string]string{"g1": `tips (1/2): a b (public, by "mona")`, "g1#2": `tips (2/2): x (public, by "")`, "g1#3": empty},
			[]string{"update snippet g1", "update snippet g1#2"}},
	} {
		f.from.edit("g1", gistOf(step.names))
		f.to.calls = nil
		if outcome, _ := f.apply(t); !outcome.Complete() {
			t.Fatalf("%s: outcome %+v", step.names, outcome)
		}
		if diff := cmp.Diff(step.want, f.to.held(t)); diff != "" {
			t.Errorf("%s: the target holds (-want +got):\n%s", step.names, diff)
		}
		if diff := cmp.Diff(step.calls, f.to.calls); diff != "" {
			t.Errorf("%s: it was told (-want +got):\n%s", step.names, diff)
		}
		if _, c := f.apply(t); c.Summary.Work() != 0 {
			t.Errorf("%s: the next plan has work: %+v", step.names, c.Changes)
		}
	}
}

// A gist that was carried over whole keeps its snippet when it grows beyond the
// limit, and one that is not to be divided any more leaves no files twice.
func TestGistsGrowBeyondTheLimit(t *testing.T) {
	f := divides(t, "a b")
	f.apply(t)
	if diff := cmp.Diff(map[string]string{"g1": `tips: a b (public, by "mona")`}, f.to.held(t)); diff != "" {
		t.Errorf("within the limit (-want +got):\n%s", diff)
	}
	f.from.edit("g1", gistOf("a b c"))
	f.apply(t)
	want := map[string]string{"g1": `tips (1/2): a b (public, by "mona")`, "g1#2": `tips (2/2): c (public, by "")`}
	if diff := cmp.Diff(want, f.to.held(t)); diff != "" {
		t.Errorf("beyond the limit (-want +got):\n%s", diff)
	}
	f.resource.OverFileLimit = "skip"
	f.from.edit("g1", gistOf("a c"))
	f.apply(t)
	if diff := cmp.Diff(map[string]string{"g1": `tips: a c (public, by "mona")`, "g1#2": empty}, f.to.held(t)); diff != "" {
		t.Errorf("within the limit again (-want +got):\n%s", diff)
	}
}

// A write whose outcome is not known makes no second piece, and leaves none with
// files that the gist has lost meanwhile.
func TestPiecesAreFoundAgain(t *testing.T) {
	for _, test := range []struct {
		name   string
		after  bool // the write that failed was carried out
		files  string
		want   map[string]string
		source int64
	}{
		{"stored, then as large", true, "a b c d x", map[string]string{"g1": `tips (1/3): a b (public, by "mona")`, "g1#2": `tips (2/3): c d (public, by "")`, "g1#3": `tips (3/3): x (public, by "")`}, 3},
		{"stored, then smaller", true, "a b", map[string]string{"g1": `tips: a b (public, by "mona")`, "g1#2": empty, "g1#3": empty}, 1},
		{"refused, then smaller", false, "a b", map[string]string{"g1": `tips: a b (public, by "mona")`, "g1#2": empty}, 1},
		{"refused, then without it", false, "a b c", map[string]string{"g1": `tips (1/2): a b (public, by "mona")`, "g1#2": `tips (2/2): c (public, by "")`}, 2},
	} {
		for _, code := range []providers.Code{providers.CodeAuth, providers.CodeInvalid} {
			t.Run(test.name+" "+string(code), func(t *testing.T) {
				f := divides(t, "a b c d e")
				f.to.fail = func(r schema.Record, times int) failing {
					if r.ID != "g1#3" {
						return failing{}
					}
					return failing{problem: providers.Errorf(code, "broken"), after: test.after, whole: code == providers.CodeAuth}
				}
				if outcome, _ := f.apply(t); outcome.Complete() {
					t.Fatalf("outcome %+v, want an incomplete one", outcome)
				}
				f.to.fail = nil
				f.from.edit("g1", gistOf(test.files))
				if outcome, _ := f.apply(t); !outcome.Complete() {
					t.Errorf("outcome %+v", outcome)
				}
				if diff := cmp.Diff(test.want, f.to.held(t)); diff != "" {
					t.Errorf("the target holds (-want +got):\n%s", diff)
				}
				s := f.open(t)
				counts, err := s.Counts(t.Context(), f.resource.Address)
				s.Close()
				if want := (schema.Count{Source: test.source, Fetched: test.source, Imported: test.source}); err != nil || counts[schema.KindSnippet] != want {
					t.Errorf("counted %+v, %v; want %+v", counts[schema.KindSnippet], err, want)
				}
				if _, c := f.apply(t); c.Summary.Work() != 0 {
					t.Errorf("the next plan has work: %+v", c.Changes)
				}
			})
		}
	}
}

// A gist that grew after the plan was made is not divided unless the plan says so.
func TestGistsAreNotDividedUnasked(t *testing.T) {
	f := divides(t, "a b")
	f.resource.OverFileLimit = "skip"
	s := f.open(t)
	defer s.Close()
	c := f.plan(t, s)
	f.from.edit("g1", gistOf("a b c"))
	if _, err := engine.Apply(t.Context(), c, f.work(t, s)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"g1": `tips: a b c (public, by "mona")`}, f.to.held(t)); diff != "" {
		t.Errorf("the target was told (-want +got):\n%s", diff)
	}
}
