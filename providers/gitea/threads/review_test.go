package threads

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// A review that was edited at the source is changed as often as that happens:
// what was written before does not count as changed by somebody else. What
// somebody did change is left alone.
func TestReviewIsChangedAgain(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *live{"stand-in": startStandIn, "live": startLive} {
		t.Run(name, func(t *testing.T) {
			l := start(t)
			h := newHistory(t)
			base := h.Git("rev-parse", "main")
			head := h.Branch("topic")
			h.add(1, "topic", stateOpen, "", schema.Change{Head: schema.Tip{Commit: head, Branch: "topic"}, Base: schema.Tip{Commit: base}})
			repo := l.repo(t, "reviewed")
			h.push(l, repo, "main", "topic", "refs/drover/*:refs/drover/*")
			parent := &schema.Key{Kind: schema.KindChange, ID: "p1"}
			state := "approved"
			text := func(n int) schema.Record {
				return record(t, schema.KindReview, "r1", parent, schema.Review{State: state, Text: fmt.Sprint("text ", n), Author: person("bob"), SubmittedAt: at})
			}
			refs := carry(t.Context(), t, l.writer(), repo, [][]schema.Record{{record(t, schema.KindChange, "p1", nil, h.changes["topic"])}, {text(0)}}, true)
			ref := refs[schema.Key{Kind: schema.KindReview, ID: "r1"}]
			for n := 1; n < 4; n++ {
				w := l.writer()
				found, err := w.Find(t.Context(), repo, []providers.Wanted{{Key: schema.Key{Kind: schema.KindReview, ID: "r1"}, Ref: ref, Parent: &providers.Related{Key: *parent, Ref: refs[*parent]}}})
				if err != nil || found[0].Version != ref.Version {
					t.Fatalf("before change %d the review is %+v, %v; want the version %s", n, found, err, ref.Version)
				}
				answer := w.Write(t.Context(), repo, []providers.Write{{Record: text(n), Ref: ref, Related: []providers.Related{{Key: *parent, Ref: refs[*parent]}}}})[0]
				if answer.Problem != nil {
					t.Fatalf("change %d: %v", n, answer.Problem)
				}
				if answer.Ref.Version == ref.Version {
					t.Errorf("change %d left the version as it was", n)
				}
				ref = answer.Ref
			}
			state = "dismissed"
			write := func(n int) providers.Written {
				return l.writer().Write(t.Context(), repo, []providers.Write{{Record: text(n), Ref: ref, Related: []providers.Related{{Key: *parent, Ref: refs[*parent]}}}})[0]
			}
			for range 2 { // the second time as after a kill
				if answer := write(4); answer.Problem != nil {
					t.Fatalf("dismissed: %v", answer.Problem)
				}
			}
			at, err := parsePlace(ref.ID)
			if err != nil {
				t.Fatal(err)
			}
			if have, err := l.api.Review(t.Context(), repo.Repo, at.number, at.review); err != nil || !have.Dismissed {
				t.Errorf("the review that was dismissed is %+v, %v", have, err)
			}
			ref.Version = "another"
			if answer := write(9); providers.CodeOf(answer.Problem) != providers.CodeConflict {
				t.Errorf("a review that somebody changed: %v, want a conflict", answer.Problem)
			}
		})
	}
}
