package gitlab

import (
	"context"
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// dying runs do, which dies at its n-th write: that one arrives, its answer is lost,
// and nothing is sent after it. It reports whether do came to an end before.
func dying(t *testing.T, w *world, n int, do func(context.Context, *target) error) (ended bool) {
	t.Helper()
	to := w.open(t)
	ctx, die := context.WithCancel(t.Context())
	defer die()
	killed := false
	w.server.Faults(
		gitlabtest.Fault{Writes: true, From: n, After: true, Then: func() { killed = true; die() }},
		gitlabtest.Fault{Writes: true, From: n + 1, Times: -1},
	)
	err := do(ctx, to)
	w.server.ClearFaults()
	if err == nil && killed {
		t.Logf("killed at write %d, and nothing was missing", n)
	}
	return !killed
}

// A program that dies at any of its writes leaves nothing that the next one does not
// make good: the groups are there once, the project once, with its mark, quiet, and
// in the end as it would be without deaths.
func TestCreateKilled(t *testing.T) {
	w := newWorld(t)
	for n := 1; ; n++ {
		place := providers.Place{Namespace: fmt.Sprintf("acme/deep-%d/below", n), Name: "x", CreateNamespace: true}
		req := providers.CreateRequest{Place: place, Marker: "test:x", Settings: &schema.Repository{Name: "x", Description: "what it is", Visibility: "public"}}
		ended := dying(t, w, n, func(ctx context.Context, to *target) error {
			_, err := to.Create(ctx, req)
			return err
		})
		ref, err := w.open(t).Create(t.Context(), req)
		if err != nil {
			t.Fatalf("killed at write %d: %v", n, err)
		}
		now := standing(t, w.open(t), place)
		p := w.project(t, place.Path())
		if now.Ref.ID != ref.ID || now.Marker != "test:x" || p.Description != "what it is" || p.Visibility != "public" || *p.EmailsEnabled || p.BuildsAccess != accessDisabled {
			t.Errorf("killed at write %d: marked %q, described as %q, %s, mails %v, builds %s", n, now.Marker, p.Description, p.Visibility, *p.EmailsEnabled, p.BuildsAccess)
		}
		finish(t, w.open(t), ref)
		if p := w.project(t, place.Path()); !*p.EmailsEnabled || p.BuildsAccess != accessEnabled {
			t.Errorf("killed at write %d: in the end mails %v, builds %s", n, *p.EmailsEnabled, p.BuildsAccess)
		}
		if ended {
			if n < 6 {
				t.Errorf("it was killed at %d writes only", n-1)
			}
			return
		}
	}
}

// A program that dies while rules are lifted leaves none of them off.
func TestPushProtectedKilled(t *testing.T) {
	w, s := newWorld(t), targettest.NewSource(t)
	for n := 1; ; n = standin.NextDeath(n) {
		name := fmt.Sprintf("killed-%d", n)
		ref := protected(t, w, name, s)
		finish(t, w.open(t), ref)
		before := rulesThere(t, w, "acme/"+name)
		all := protectedUpdates(s)
		all[5].Old = s.Tag()
		updates := []providers.RefUpdate{all[0], all[5]} // one of each sort
		ended := dying(t, w, n, func(ctx context.Context, to *target) error {
			_, err := to.Push(ctx, providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.Dir, Updates: updates}, nil)
			return err
		})
		// The next run learns what stands there, as the engine does, and goes on.
		to := w.open(t)
		have := standing(t, to, at(name)).Refs
		for i := range updates {
			updates[i].Old = have[updates[i].Name]
		}
		if pushed := s.Update(to, ref, providers.PartCode, "", updates...); len(pushed.Failed) > 0 {
			t.Errorf("killed at write %d: refused: %v", n, pushed.Failed)
		}
		same(t, fmt.Sprintf("rules, killed at write %d", n), before, rulesThere(t, w, "acme/"+name))
		finish(t, to, ref)
		if p := w.project(t, "acme/"+name); !*p.EmailsEnabled || p.BuildsAccess != accessEnabled {
			t.Errorf("killed at write %d: in the end mails %v, builds %s", n, *p.EmailsEnabled, p.BuildsAccess)
		}
		if ended {
			if n < 10 {
				t.Errorf("it was killed at %d writes only", n-1)
			}
			return
		}
	}
}

// A program that dies while it puts a rule in another's place leaves one of them,
// and the next one leaves the wanted one alone.
func TestReplaceRuleKilled(t *testing.T) {
	w := newWorld(t)
	level, other := api.NoAccess, api.Developer
	tests := []struct {
		name          string
		first, second schema.Protection
		want          string
	}{
		{"branch", schema.Protection{Ref: "branch", Pattern: "main", Push: "write"}, schema.Protection{Ref: "branch", Pattern: "main", Push: "nobody"},
			"branch main " + ruleDigest(api.ProtectedBranch{Name: "main", Push: []api.Right{{AccessLevel: &level}}, Merge: []api.Right{{AccessLevel: &other}}})},
		{"pattern", schema.Protection{Ref: "branch", Pattern: "a/*", Push: "write"}, schema.Protection{Ref: "branch", Pattern: "b/*", Push: "write"},
			"branch b/* " + ruleDigest(api.ProtectedBranch{Name: "b/*", Push: []api.Right{{AccessLevel: &other}}, Merge: []api.Right{{AccessLevel: &other}}})},
		{"tag", schema.Protection{Ref: "tag", Pattern: "v*", Push: "write"}, schema.Protection{Ref: "tag", Pattern: "w*", Push: "nobody"},
			"tag w* " + tagRuleVersion(api.ProtectedTag{Name: "w*", Create: []api.Right{{AccessLevel: &level}}})},
	}
	for _, test := range tests {
		for n, ended := 1, false; !ended; n = standin.NextDeath(n) {
			name := fmt.Sprintf("rule-%s-%d", test.name, n)
			ref := create(t, w.open(t), at(name))
			first := stored(t, w.open(t), ref, providers.Write{Record: record(t, schema.KindProtection, "p", test.first)})
			change := providers.Write{Record: record(t, schema.KindProtection, "p", test.second), Ref: first.Ref}
			ended = dying(t, w, n, func(ctx context.Context, to *target) error {
				_, err := to.Write(ctx, providers.WriteRequest{Repo: ref, Writes: []providers.Write{change}})
				return err
			})
			stored(t, w.open(t), ref, change)
			same(t, fmt.Sprintf("rules, %s killed at write %d", test.name, n), []string{test.want}, rulesThere(t, w, "acme/"+name))
		}
	}
}
