package gitea

import (
	"encoding/json"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func testCreate(t *testing.T, l *live) {
	to := l.open(t)
	place := l.place("created")
	place.CreateNamespace = false
	place.Namespace = "nowhere"
	if now := targettest.Standing(t, to, place); now.Problem == nil || now.Problem.Code != providers.CodeNotFound || now.Problem.Attribute != "target_namespace" {
		t.Errorf("a namespace that does not exist: %v", now.Problem)
	}
	ref := l.create(t, to, "created", "")
	r := must(l.api.Repository(t.Context(), api.Repo{Owner: "acme", Name: "created"}))(t)
	if !r.Private || !r.Empty || r.HasActions || r.Description != "" {
		t.Errorf("private %v, empty %v, with actions %v, described as %q", r.Private, r.Empty, r.HasActions, r.Description)
	}
	if watchers := must(api.Collect(l.api.Watchers(t.Context(), r.Repo())))(t); len(watchers) > 0 {
		t.Errorf("%d people watch it", len(watchers))
	}
	now := targettest.Standing(t, l.open(t), l.place("created"))
	if !now.Exists || now.Ref.ID != ref.ID || now.Marker != "test:created" || len(now.Refs) > 0 {
		t.Errorf("there stands %+v", now)
	}
	if again := l.create(t, l.open(t), "created", ""); again.ID != ref.ID {
		t.Errorf("made again as %q; it is %q", again.ID, ref.ID)
	}
	_, err := to.Create(t.Context(), providers.CreateRequest{Place: l.place("created"), Marker: "another"})
	if providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("another marker: %v", err)
	}
	if _, err := to.Create(t.Context(), providers.CreateRequest{Place: l.place("created"), Marker: "another:" + longText, Adopt: true}); err != nil {
		t.Errorf("adopt: %v", err)
	}
	if now := targettest.Standing(t, to, l.place("created")); now.Marker != "another:"+longText {
		t.Errorf("the marker after the adoption is %q", now.Marker)
	}
}

// longText is as long as markers get, with what refs cannot hold.
const longText = "git://host/ÄÖ ~^:?*[\\..@{.lock/" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

// A run that was killed before it could mark what it made goes on.
func testCreateKilled(t *testing.T, l *live) {
	to := l.open(t)
	l.create(t, to, "before", "") // makes the namespace
	if _, err := l.api.CreateInOrganization(t.Context(), "acme", api.NewRepository{Name: "killed", Private: true, Description: noun.Description("test:killed")}); err != nil {
		t.Fatal(err)
	}
	l.create(t, to, "killed", "")
	if now := targettest.Standing(t, to, l.place("killed")); now.Marker != "test:killed" {
		t.Errorf("the marker is %q", now.Marker)
	}
	if r := must(l.api.Repository(t.Context(), api.Repo{Owner: "acme", Name: "killed"}))(t); r.HasActions || r.Description != "" {
		t.Errorf("with actions %v, described as %q", r.HasActions, r.Description)
	}
}

// Workflows are off while things are pushed, also later, and on in the end.
func testActions(t *testing.T, l *live) {
	const placement = `{"actions":true}`
	to, s := l.open(t), targettest.NewSource(t)
	ref := l.create(t, to, "actions", placement)
	runs := func() bool {
		t.Helper()
		return must(l.api.Repository(t.Context(), api.Repo{Owner: "acme", Name: "actions"}))(t).HasActions
	}
	place := l.place("actions")
	place.Placement = json.RawMessage(placement)
	for i, commit := range s.Commits[:2] {
		to := l.open(t)
		if now := targettest.Standing(t, to, place); now.Problem != nil { // which tells the settings
			t.Fatal(now.Problem)
		}
		update := providers.RefUpdate{Name: "refs/heads/main", New: commit}
		if i > 0 {
			update.Old = s.Commits[i-1]
		}
		if _, err := to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.Dir, Updates: []providers.RefUpdate{update}}, nil); err != nil {
			t.Fatal(err)
		}
		if runs() {
			t.Errorf("workflows run after push %d", i)
		}
		if _, err := to.Finish(t.Context(), providers.FinishRequest{Repo: ref}); err != nil {
			t.Fatal(err)
		}
		if !runs() {
			t.Errorf("workflows do not run after all was done, the time %d", i)
		}
	}
}

func testMove(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "mover", ""), targettest.NewSource(t)
	l.create(t, to, "taken", "")
	refs := map[string]string{"refs/heads/main": s.Commits[0]}
	s.Push(to, ref, providers.PartCode, "refs/heads/main", refs)
	if _, err := to.Move(t.Context(), ref, l.place("taken")); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("move to a place that is taken: %v", err)
	}
	elsewhere := providers.Place{Namespace: "elsewhere", Name: "moved", CreateNamespace: true}
	for range 2 { // the second time there is nothing to do
		moved, err := to.Move(t.Context(), ref, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if moved.ID != ref.ID {
			t.Errorf("moved, it is %q; it was %q", moved.ID, ref.ID)
		}
	}
	now := targettest.Standing(t, l.open(t), elsewhere)
	if now.Marker != "test:mover" {
		t.Errorf("the marker is %q", now.Marker)
	}
	targettest.Same(t, "refs at the new place", refs, now.Refs)
	if old := targettest.Standing(t, l.open(t), l.place("mover")); old.Exists {
		t.Errorf("at the old place stands %+v", old)
	}
	// What was known of the repository goes on with its new name.
	if w := targettest.Write(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindLabel, "1", schema.Label{Name: "after"})}); w.Problem != nil {
		t.Error(w.Problem)
	}
	// Across a name that is taken on the way.
	l.create(t, to, "moved", "")
	if _, err := to.Move(t.Context(), ref, providers.Place{Namespace: "acme", Name: "third", CreateNamespace: true}); err != nil {
		t.Fatal(err)
	}
}

func testUnprivileged(t *testing.T, l *live) {
	to := l.openWith(t, l.tokenOf("alice"))
	l.create(t, l.open(t), "theirs", "") // makes the namespace, without alice
	tests := []struct {
		place providers.Place
		code  providers.Code
	}{
		{providers.Place{Namespace: "acme", Name: "new"}, providers.CodeDenied},
		{providers.Place{Namespace: "bob", Name: "new"}, providers.CodeDenied},
		{providers.Place{Namespace: "nobody", Name: "new"}, providers.CodeNotFound},
	}
	for _, test := range tests {
		if now := targettest.Standing(t, to, test.place); now.Problem == nil || now.Problem.Code != test.code {
			t.Errorf("%s: %v; want %s", test.place.Path(), now.Problem, test.code)
		}
		if _, err := to.Create(t.Context(), providers.CreateRequest{Place: test.place, Marker: "m"}); providers.CodeOf(err) != test.code {
			t.Errorf("create %s: %v; want %s", test.place.Path(), err, test.code)
		}
	}
	ref, err := to.Create(t.Context(), providers.CreateRequest{Place: providers.Place{Name: "own"}, Marker: "m"})
	if err != nil {
		t.Fatal(err)
	}
	w := targettest.Write(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindMember, "1", schema.Member{Person: schema.Person{User: "bob"}, Access: "maintain"})})
	if w.Problem != nil || w.Degraded == "" {
		t.Errorf("member: %+v", w)
	}
	// Acting for others takes an administrator: alice publishes bob's release.
	s := targettest.NewSource(t)
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[2], "refs/tags/v1": s.Tag()})
	w = targettest.Write(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRelease, "1", schema.Release{Tag: "v1", Author: schema.Person{Login: "bob", User: "bob"}})})
	if w.Problem != nil {
		t.Error(w.Problem)
	}
}

// must unwraps a result.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
