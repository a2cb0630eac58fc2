package state_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// TestReferences follows a text that refers to an issue of its own repository
// and to one of another, which is migrated later.
func TestReferences(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	api, web := claim(t, s, run, entry("api")), claim(t, s, run, entry("web"))
	ctx := t.Context()
	write := func(l *state.Ledger, b schema.Batch) {
		t.Helper()
		check(t, l.Commit(ctx, b))
	}
	issue := item(schema.KindIssue, "1", schema.ItemDone)
	issue.Ref.Text, issue.Ref.Version, issue.Content, issue.Number = "#7", "v1", "c1", 3
	comment := item(schema.KindComment, "2", schema.ItemDone)
	comment.Parent = issue.Key

	references := []schema.Reference{{Name: "#3"}, {Repository: "Acme/Web", Name: "#9"}, {Name: "#4"}, {Repository: "acme/unknown", Name: "#1"}}
	write(api, schema.Batch{
		Items: []schema.Item{issue, comment}, Names: []schema.Name{{Text: "#3", Key: issue.Key, Becomes: "#7"}},
		Waiting: []schema.Waiting{{Key: comment.Key, References: references[1:]}},
	})
	resolved := func(want ...schema.Ref) {
		t.Helper()
		got, err := api.Resolve(ctx, references)
		check(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("resolved (-want +got):\n%s", diff)
		}
	}
	waiting := func(want ...schema.Item) {
		t.Helper()
		got, err := api.Waiting(ctx, schema.Key{}, 10)
		check(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("waiting (-want +got):\n%s", diff)
		}
		counts, err := s.Waiting(ctx)
		check(t, err)
		if n := counts["repository.acme[\"api\"]"]; n != int64(len(want)) {
			t.Errorf("%d items are counted as waiting, want %d of %v", n, len(want), counts)
		}
	}
	own := schema.Ref{ID: "t1", URL: "https://gitea.example/1", Text: "#7"}
	resolved(own, schema.Ref{}, schema.Ref{}, schema.Ref{})
	waiting()

	other := item(schema.KindIssue, "5", schema.ItemDone)
	other.Ref.Text = "#12"
	write(web, schema.Batch{Items: []schema.Item{other}, Names: []schema.Name{{Text: "#9", Key: other.Key, Becomes: "#12"}}})
	resolved(own, schema.Ref{ID: "t5", URL: "https://gitea.example/5", Text: "#12"}, schema.Ref{}, schema.Ref{})
	waiting(comment)

	write(api, schema.Batch{Items: []schema.Item{comment}, Waiting: []schema.Waiting{{Key: comment.Key, References: references[2:]}}})
	waiting()
	write(api, schema.Batch{Items: []schema.Item{comment}, Waiting: []schema.Waiting{{Key: comment.Key, References: []schema.Reference{{Repository: "acme/web"}}}}})
	waiting(comment) // the repository itself is there
	references = []schema.Reference{{Repository: "acme/web"}, {}}
	resolved(schema.Ref{ID: "1", URL: "https://gitea.example/acme/web", Text: "acme/web"}, schema.Ref{ID: "1", URL: "https://gitea.example/acme/api", Text: "acme/api"})

	known, err := api.Lookup(ctx, []schema.Key{issue.Key})
	check(t, err)
	if diff := cmp.Diff([]schema.Item{issue}, known); diff != "" {
		t.Errorf("the item (-want +got):\n%s", diff)
	}
}

// TestFamilies lets children go that a reading of their parent no longer
// yields, and keeps those of a parent that has not changed.
func TestFamilies(t *testing.T) {
	s, l := newLedger(t)
	ctx := t.Context()
	child := func(id, parent string) schema.Item {
		i := item(schema.KindComment, id, schema.ItemDone)
		i.Parent = schema.Key{Kind: schema.KindIssue, ID: parent}
		return i
	}
	one, two, three := item(schema.KindIssue, "1", schema.ItemDone), item(schema.KindIssue, "2", schema.ItemDone), item(schema.KindIssue, "3", schema.ItemDone)
	kinds := []schema.Kind{schema.KindIssue, schema.KindComment}
	pass := startPass(t, l, "threads")
	check(t, l.Commit(ctx, schema.Batch{Stream: "threads", Pass: pass.Pass, Items: []schema.Item{
		one, child("11", "1"), child("12", "1"), two, child("21", "2"), three, child("31", "3"),
	}}))
	_, err := l.FinishPass(ctx, "threads", pass.Pass, kinds, schema.PassEnd{Complete: true})
	check(t, err)

	pass = startPass(t, l, "threads")
	check(t, l.Commit(ctx, schema.Batch{
		Stream: "threads", Pass: pass.Pass, Items: []schema.Item{child("12", "1")}, Seen: []schema.Key{one.Key},
		Whole: []schema.Key{one.Key}, Kept: []schema.Key{two.Key},
	}))
	left := func(what string, want ...string) {
		t.Helper()
		var got []string
		check(t, s.Items(ctx, l.Entry().Address, 100, func(items []schema.Item) error {
			for _, i := range items {
				got = append(got, i.Key.String())
			}
			return nil
		}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	left("before the end", "comment 12", "comment 21", "comment 31", "issue 1", "issue 2", "issue 3")
	_, err = l.FinishPass(ctx, "threads", pass.Pass, kinds, schema.PassEnd{Complete: true})
	check(t, err)
	left("after a complete pass", "comment 12", "comment 21", "issue 1", "issue 2")
}

// TestCommits finds what became of commits by the beginnings of their ids.
func TestCommits(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	api, web := claim(t, s, run, entry("api")), claim(t, s, run, entry("web"))
	id := func(c string) string { return strings.Repeat(c, 40) }
	rows := []schema.Revision{{Revision: id("a"), Commit: id("1")}, {Revision: "bbbbbbb" + id("c")[7:], Commit: id("2")}, {Revision: "bbbbbbb" + id("d")[7:], Commit: id("3")}}
	check(t, web.SaveRevisions(t.Context(), 0, func(yield func(schema.Revision, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}))
	ask := []schema.Reference{
		{Repository: "acme/web", Name: id("a")}, {Repository: "acme/web", Name: "aaaaaaa"}, {Repository: "acme/web", Name: "aaaaaa"},
		{Repository: "acme/web", Name: "bbbbbbb"}, {Repository: "acme/web", Name: "bbbbbbbc"}, {Name: id("a")},
	}
	got, err := api.Commits(t.Context(), ask)
	check(t, err)
	if diff := cmp.Diff([]string{id("1"), id("1"), "", "", id("2"), ""}, got); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
}
