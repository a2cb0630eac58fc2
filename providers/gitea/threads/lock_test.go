package threads

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// lockedIssue writes an issue that is locked, and returns it with its ref.
func (l *live) lockedIssue(t *testing.T, w *Writer, repo Repo) providers.Write {
	t.Helper()
	one := providers.Write{Record: record(t, schema.KindIssue, "1", nil, schema.Issue{Number: 1, Title: "x", State: "open", Author: person("alice"), Locked: true})}
	one.Ref = store(t, w, repo, one)[0].Ref
	return one
}

// speakers are who wrote the comments of an issue.
func (l *live) speakers(t *testing.T, repo Repo, number int64) []string {
	t.Helper()
	comments, err := l.api.Comments(t.Context(), repo.Repo, number)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range comments {
		all = append(all, c.User.Login)
	}
	return all
}

// testLocks lets people write to locked issues who could not write there
// themselves.
func testLocks(t *testing.T, l *live) {
	if l.forgejo {
		t.Skip("Forgejo has no request to lock by")
	}
	repo := l.repo(t, "locks")
	issue := l.lockedIssue(t, l.writer(), repo)
	say := func(issue providers.Write, id, user string) providers.Write {
		return targettest.Under(t, issue.Record.Key(), issue.Ref, schema.KindComment, id, schema.Comment{
			Text: id, Author: person(user), CreatedAt: at, Reactions: []schema.Reaction{reaction("heart", person("carol"))},
		})
	}
	// A run that knows nothing of the issue meets who takes part in it while it is
	// unlocked.
	w := l.writer()
	for i, a := range store(t, w, repo, say(issue, "1", "eve"), say(issue, "2", "eve"), say(issue, "3", "boss"), say(issue, "4", "eve")) {
		if a.Degraded != "" {
			t.Errorf("comment %d is degraded: %s", i+1, a.Degraded)
		}
	}

	// Somebody locks an issue that was not, behind its back. That tells nothing of
	// what people may do elsewhere.
	open := providers.Write{Record: record(t, schema.KindIssue, "2", nil, schema.Issue{Number: 2, Title: "y", State: "open", Author: person("alice")})}
	open.Ref = store(t, w, repo, open)[0].Ref
	if err := l.api.LockIssue(t.Context(), repo.Repo, 2, ""); err != nil {
		t.Fatal(err)
	}
	store(t, w, repo, say(open, "5", "eve"))
	if refused := w.repository(repo).refused; len(refused) > 0 {
		t.Errorf("a lock counts as a refusal: %v", refused)
	}
	for number, want := range map[int64][]string{1: {"eve", "eve", "boss", "eve"}, 2: {"eve"}} {
		if diff := cmp.Diff(want, l.speakers(t, repo, number)); diff != "" {
			t.Errorf("speakers in #%d (-want +got):\n%s", number, diff)
		}
		if !l.issue(t, repo, number).Locked {
			t.Errorf("#%d is not locked any more", number)
		}
	}
	l.quiet(t, w, repo)
}

// TestLockless writes to a server that has no request to lock or unlock: what is
// locked at the source is told, and who may not write to what somebody locked by
// hand is spoken for.
func TestLockless(t *testing.T) {
	l := startStandIn(t)
	repo := l.repo(t, "lockless")
	w := l.writer()
	issue := providers.Write{Record: record(t, schema.KindIssue, "1", nil, schema.Issue{Number: 1, Title: "x", State: "open", Author: person("alice"), Locked: true})}
	said := func(id string) providers.Write {
		return targettest.Under(t, issue.Record.Key(), issue.Ref, schema.KindComment, id, schema.Comment{Text: id, Author: person("eve"), CreatedAt: at})
	}
	none := giteatest.Fault{Path: "*/lock", Times: -1, Status: http.StatusNotFound}
	l.standIn.Faults(none)
	for _, state := range []string{"new", "again"} {
		answer := store(t, w, repo, issue)[0]
		if answer.Degraded != lossLock {
			t.Errorf("%s: degraded: %q, not %q", state, answer.Degraded, lossLock)
		}
		issue.Ref = answer.Ref
	}
	store(t, w, repo, said("before"))

	l.standIn.ClearFaults()
	if err := l.api.LockIssue(t.Context(), repo.Repo, 1, ""); err != nil {
		t.Fatal(err)
	}
	l.standIn.Faults(none)
	if answer := store(t, w, repo, said("after"))[0]; answer.Degraded != lossAuthor {
		t.Errorf("degraded: %q, not %q", answer.Degraded, lossAuthor)
	}
	if diff := cmp.Diff([]string{"eve", "boss"}, l.speakers(t, repo, 1)); diff != "" {
		t.Errorf("speakers (-want +got):\n%s", diff)
	}
	if !l.issue(t, repo, 1).Locked {
		t.Error("it is not locked any more")
	}
}

// TestKilledUnlocked kills a program at its n-th request while somebody speaks in a
// locked issue, which was written long before. The next one leaves it locked,
// whatever it has to do.
func TestKilledUnlocked(t *testing.T) {
	l := startStandIn(t)
	key := schema.Key{Kind: schema.KindIssue, ID: "1"}
	for name, next := range map[string]func(w *Writer, repo Repo, issue, said providers.Write){
		"the comment is written": func(w *Writer, repo Repo, _, said providers.Write) {
			store(t, w, repo, said)
			if diff := cmp.Diff([]string{"eve"}, l.speakers(t, repo, 1)); diff != "" {
				t.Errorf("speakers (-want +got):\n%s", diff)
			}
		},
		"the comment is gone at the source": func(w *Writer, repo Repo, _, _ providers.Write) {
			if err := w.Finish(t.Context(), repo); err != nil {
				t.Error(err)
			}
		},
		"the issue is written first": func(_ *Writer, repo Repo, issue, _ providers.Write) {
			issue.Record = record(t, schema.KindIssue, key.ID, nil, schema.Issue{Number: 1, Title: "z", State: "open", Author: person("alice"), Locked: true})
			store(t, l.writer(), repo, issue)
		},
	} {
		lost := 0
		for n, died := 1, true; died; n = standin.NextDeath(n) {
			repo := l.repo(t, fmt.Sprint(strings.ReplaceAll(name, " ", "-"), n))
			issue := l.lockedIssue(t, l.writer(), repo)
			said := targettest.Under(t, key, issue.Ref, schema.KindComment, "c", schema.Comment{Text: "hm", Author: person("eve"), CreatedAt: at,
				Reactions: []schema.Reaction{reaction("heart", person("carol"))}})
			died = killedWriting(t, l, repo, int64(n), said)
			locked := l.issue(t, repo, 1).Locked
			if !locked {
				lost++
			}
			w := l.writer()
			found, err := w.Find(t.Context(), repo, []providers.Wanted{{Key: said.Record.Key(), Parent: &said.Related[0]}})
			if err != nil {
				t.Fatal(err)
			}
			if got := l.issue(t, repo, 1).Locked; got != locked {
				t.Errorf("%s, killed at request %d: looking for it made locked=%v", name, n, got)
			}
			said.Ref = found[0]
			next(w, repo, issue, said)
			if !l.issue(t, repo, 1).Locked {
				t.Errorf("%s, killed at request %d: the lock is lost", name, n)
			}
		}
		if lost == 0 {
			t.Errorf("%s: no death left it unlocked", name)
		}
	}
}

// killedWriting writes with a program that dies at its n-th request and, unlike
// one that is only told to end, sends none after it. It reports whether it died.
func killedWriting(t *testing.T, l *live, repo Repo, n int64, one providers.Write) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client, err := api.New(api.Options{URL: l.url, Token: l.token, Transport: dead{targettest.NewDying(n, cancel), ctx}})
	if err != nil {
		t.Fatal(err)
	}
	New(Options{API: client, User: "boss", Admin: true}).Write(ctx, repo, []providers.Write{one})
	return ctx.Err() != nil
}

// dead sends nothing once ctx has ended.
type dead struct {
	http.RoundTripper
	ctx context.Context
}

func (d dead) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := d.ctx.Err(); err != nil {
		return nil, err
	}
	return d.RoundTripper.RoundTrip(r)
}
