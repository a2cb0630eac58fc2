package state_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func TestClaimAndSave(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	run := begin(t, s)
	l := claim(t, s, run, entry("api"))
	made := l.Entry()
	if made.Rev != 1 || made.Epoch != 1 || made.Run != run || made.CreatedAt.IsZero() || !made.UpdatedAt.Equal(made.CreatedAt) {
		t.Errorf("claimed %+v", made)
	}

	want := made
	want.Connections = []byte(`{"source":{"provider":"github"}}`)
	want.Phase, want.Stage, want.SettingsHash, want.AuthorsHash = schema.PhaseSynced, "verify", "sha256:1", "sha256:2"
	want.SourceHash, want.ETag, want.RefsHash, want.SourceRefs = "sha256:3", `W/"4"`, "sha256:5", "sha256:6"
	want.CommitCount, want.Changeset = 42, "sha256:7"
	want.SourceURL, want.SourceName = "https://github.example/acme/api", "api"
	want.Rev, want.Epoch, want.Run = 77, 78, "ignored"
	check(t, l.Save(t.Context(), want))
	want.Rev, want.Epoch, want.Run, want.UpdatedAt = 2, 1, run, l.Entry().UpdatedAt
	if !want.UpdatedAt.After(made.UpdatedAt) {
		t.Errorf("saved at %v, claimed at %v", want.UpdatedAt, made.UpdatedAt)
	}
	check(t, s.Close())

	s = open(t, path)
	got, err := s.Entry(t.Context(), want.Address)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, l.Entry()); diff != "" {
		t.Errorf("ledger's entry (-want +got):\n%s", diff)
	}
	again := claim(t, s, begin(t, s), got).Entry()
	if again.Rev != 3 || again.Epoch != 2 || !again.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("claimed again: %+v", again)
	}
}

func TestLedgerOfAnEarlierClaim(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	first := claim(t, s, run, entry("api"))
	address := first.Entry().Address
	second, err := s.Ledger(t.Context(), address, first.Epoch())
	check(t, err)
	if diff := cmp.Diff(first.Entry(), second.Entry()); diff != "" {
		t.Errorf("entry (-first +second):\n%s", diff)
	}
	check(t, second.Save(t.Context(), second.Entry()))
	check(t, first.Save(t.Context(), first.Entry()))
	if e, err := s.Entry(t.Context(), address); err != nil || e.Rev != 3 || e.Epoch != 1 || e.Run != run {
		t.Errorf("after both have saved: %+v, %v", e, err)
	}
	claim(t, s, run, entry("api"))
	if _, err := s.Ledger(t.Context(), address, first.Epoch()); !errors.Is(err, state.ErrSuperseded) {
		t.Errorf("a claim that was superseded: %v, want ErrSuperseded", err)
	}
	if _, err := s.Ledger(t.Context(), "repository.none", 1); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("a claim of nothing: %v, want ErrUnknown", err)
	}
}

func TestEntries(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	var want []schema.Entry
	for _, name := range []string{"a", "b", "c"} {
		want = append(want, claim(t, s, run, entry(name)).Entry())
	}
	got, err := s.Entries(t.Context())
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if _, err := s.Entry(t.Context(), "repository.none"); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}

func TestClaimRefuses(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	claim(t, s, run, entry("api"))
	bad := entry("web")
	bad.Settings = []byte("{")
	nowhere := entry("web")
	nowhere.Address = "nonsense"
	if _, err := s.Claim(t.Context(), run, bad); err == nil {
		t.Error("settings that are not JSON were stored")
	}
	if _, err := s.Claim(t.Context(), run, nowhere); err == nil {
		t.Error("an address that is none was stored")
	}
	if _, err := s.Claim(t.Context(), "01OTHER", entry("web")); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("claim for a run that is not active: %v, want ErrUnknown", err)
	}
}

func TestTaken(t *testing.T) {
	tests := []struct {
		name   string
		change func(*schema.Entry)
		taken  bool
	}{
		{"another place", func(e *schema.Entry) {}, false},
		{"the same place", func(e *schema.Entry) { e.Name = "api" }, true},
		{"the same place elsewhere", func(e *schema.Entry) { e.Name, e.Target = "api", "gitlab:example" }, false},
		{"the same repository to the same target", func(e *schema.Entry) { e.Identity = "id-api" }, true},
		{"the same repository to another target", func(e *schema.Entry) { e.Identity, e.Target = "id-api", "gitlab:example" }, false},
		{"no place and no repository yet", func(e *schema.Entry) { e.Name, e.Identity = "", "" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, newPath(t))
			run := begin(t, s)
			claim(t, s, run, entry("api"))
			none := entry("none")
			none.Name, none.Identity = "", ""
			claim(t, s, run, none)
			saved := claim(t, s, run, entry("saved"))

			e := entry("saved")
			test.change(&e)
			checkTaken(t, "save", saved.Save(t.Context(), e), test.taken)
			check(t, s.Forget(t.Context(), run, e.Address))
			e = entry("claimed")
			test.change(&e)
			_, err := s.Claim(t.Context(), run, e)
			checkTaken(t, "claim", err, test.taken)
		})
	}
}

func checkTaken(t *testing.T, what string, err error, want bool) {
	t.Helper()
	if !want {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if !errors.Is(err, state.ErrTaken) || !strings.Contains(err.Error(), `repository.acme["api"]`) {
		t.Errorf("%s: %v, want ErrTaken that names the other resource", what, err)
	}
}

func TestSuperseded(t *testing.T) {
	writes := map[string]func(l *state.Ledger, t *testing.T) error{
		"save":   func(l *state.Ledger, t *testing.T) error { return l.Save(t.Context(), l.Entry()) },
		"refs":   func(l *state.Ledger, t *testing.T) error { return l.SaveRefs(t.Context(), "source", nil) },
		"intend": func(l *state.Ledger, t *testing.T) error { return l.Intend(t.Context(), nil) },
		"commit": func(l *state.Ledger, t *testing.T) error { return l.Commit(t.Context(), schema.Batch{}) },
		"start": func(l *state.Ledger, t *testing.T) error {
			_, err := l.StartPass(t.Context(), "issues", "")
			return err
		},
		"finish": func(l *state.Ledger, t *testing.T) error {
			_, err := l.FinishPass(t.Context(), "issues", 1, nil, schema.PassEnd{Complete: true})
			return err
		},
		"restart": func(l *state.Ledger, t *testing.T) error { return l.RestartStream(t.Context(), "issues") },
		"counts":  func(l *state.Ledger, t *testing.T) error { return l.SaveCounts(t.Context(), nil) },
		"fail":    func(l *state.Ledger, t *testing.T) error { return l.Fail(t.Context(), nil) },
		"resolve": func(l *state.Ledger, t *testing.T) error { return l.ResolveFailures(t.Context(), "push") },
	}
	takeovers := map[string]func(s *state.Store, run string, t *testing.T) error{
		"claim": func(s *state.Store, run string, t *testing.T) error {
			_, err := s.Claim(t.Context(), run, entry("api"))
			return err
		},
		"move": func(s *state.Store, run string, t *testing.T) error {
			return s.Move(t.Context(), run, entry("api").Address, "repository.moved")
		},
		"forget": func(s *state.Store, run string, t *testing.T) error {
			return s.Forget(t.Context(), run, entry("api").Address)
		},
	}
	for name, takeOver := range takeovers {
		s := open(t, newPath(t))
		run := begin(t, s)
		l := claim(t, s, run, entry("api"))
		_, err := l.StartPass(t.Context(), "issues", "")
		check(t, err)
		check(t, takeOver(s, run, t))
		for what, write := range writes {
			if err := write(l, t); !errors.Is(err, state.ErrSuperseded) {
				t.Errorf("%s after a %s: %v, want ErrSuperseded", what, name, err)
			}
		}
	}
}

func TestRefs(t *testing.T) {
	s := open(t, newPath(t))
	l := claim(t, s, begin(t, s), entry("api"))
	address := l.Entry().Address
	check(t, l.SaveRefs(t.Context(), "source", map[string]string{"refs/heads/old": "1"}))
	want := map[string]string{"refs/heads/main": "2", "refs/tags/bad\xff": "3"}
	check(t, l.SaveRefs(t.Context(), "source", want))
	check(t, l.SaveRefs(t.Context(), "target", nil))
	for side, want := range map[string]map[string]string{"source": want, "target": {}, "wiki:source": {}} {
		got, err := s.Refs(t.Context(), address, side)
		check(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", side, diff)
		}
	}
}

func TestMove(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	l := claim(t, s, run, entry("api"))
	claim(t, s, run, entry("web"))
	check(t, l.SaveRefs(t.Context(), "source", map[string]string{"refs/heads/main": "1"}))
	from, web := entry("api").Address, entry("web").Address

	if err := s.Move(t.Context(), run, from, web); !errors.Is(err, state.ErrTaken) {
		t.Errorf("onto another: %v, want ErrTaken", err)
	}
	if err := s.Move(t.Context(), run, "repository.none", "repository.x"); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("of nothing: %v, want ErrUnknown", err)
	}
	if err := s.Move(t.Context(), run, from, "nonsense"); err == nil {
		t.Error("to an address that is none")
	}
	check(t, s.Move(t.Context(), run, from, "repository.moved"))
	if _, err := s.Entry(t.Context(), from); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("at its old address: %v, want ErrUnknown", err)
	}
	e, err := s.Entry(t.Context(), "repository.moved")
	check(t, err)
	if e.Rev != 2 || e.Epoch != 2 || e.Identity != "id-api" {
		t.Errorf("moved: %+v", e)
	}
	if refs, err := s.Refs(t.Context(), "repository.moved", "source"); err != nil || len(refs) != 1 {
		t.Errorf("its refs: %v, %v", refs, err)
	}
}

func TestForget(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	l := claim(t, s, run, entry("api"))
	address := l.Entry().Address
	check(t, l.Intend(t.Context(), []schema.Item{item(schema.KindIssue, "1", "")}))
	check(t, l.Fail(t.Context(), []schema.Failure{{Stage: "push", Code: "denied"}}))
	check(t, s.Forget(t.Context(), run, address))
	if err := s.Forget(t.Context(), run, address); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("twice: %v, want ErrUnknown", err)
	}
	if failures, err := s.Failures(t.Context(), ""); err != nil || len(failures) > 0 {
		t.Errorf("failures stayed: %v, %v", failures, err)
	}
	l = claim(t, s, run, entry("api"))
	items, err := l.Lookup(t.Context(), []schema.Key{{Kind: schema.KindIssue, ID: "1"}})
	if err != nil || items[0].State != "" {
		t.Errorf("a new resource at the address knows %v, %v", items, err)
	}
}

func TestHistory(t *testing.T) {
	s := open(t, newPath(t))
	first := begin(t, s)
	l := claim(t, s, first, entry("api"))
	e := l.Entry()
	e.Phase = schema.PhaseSynced
	check(t, l.Save(t.Context(), e))
	made := l.Entry()
	check(t, s.End(t.Context(), first, "ok", ""))
	second := begin(t, s)
	check(t, s.Move(t.Context(), second, made.Address, "repository.moved"))
	moved, err := s.Entry(t.Context(), "repository.moved")
	check(t, err)
	check(t, s.End(t.Context(), second, "ok", ""))
	third := begin(t, s)
	check(t, s.Forget(t.Context(), third, "repository.moved"))

	got, err := s.History(t.Context(), "repository.moved")
	check(t, err)
	want := []state.Change{
		{Rev: 2, Run: first, At: made.UpdatedAt, After: &made},
		{Rev: 3, Run: second, At: moved.UpdatedAt, Before: &made, After: &moved},
		{Rev: 4, Run: third, At: got[len(got)-1].At, Before: &moved},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	claim(t, s, third, entry("api"))
	claim(t, s, third, schema.Entry{Address: "repository.moved"})
	if got, err := s.History(t.Context(), "repository.moved"); err != nil || len(got) != 1 {
		t.Errorf("another resource at the address has the history %v, %v", got, err)
	}
	if _, err := s.History(t.Context(), "repository.none"); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}
