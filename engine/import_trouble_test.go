package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// meeting lets the first questions about the import meet problems.
func (i *importer) meeting(problems ...*providers.Error) {
	i.asking = func(context.Context) error {
		if len(problems) == 0 {
			return nil
		}
		met := problems[0]
		problems = problems[1:]
		if met == nil {
			return nil
		}
		return met
	}
}

func problem(code providers.Code) *providers.Error {
	return &providers.Error{Code: code, Op: "ask about the import", Message: "the target answered otherwise", Hint: "look at it"}
}

// Whatever the forge answers while an import goes on there, it is waited for by this
// apply or taken up by the next one, and never started twice.
func TestImportInTrouble(t *testing.T) {
	storm := slices.Repeat([]*providers.Error{problem(providers.CodeUnavailable)}, 50)
	later := problem(providers.CodeRateLimited)
	later.Until = time.Date(2026, 1, 1, 0, 50, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		met    []*providers.Error
		bears  bool           // the apply that meets it comes to its end
		code   providers.Code // of the problem of one that does not
		waited time.Duration
	}{
		{"it is away for a while", storm[:2], true, "", 0},
		{"and again later", []*providers.Error{nil, storm[0], nil, storm[0]}, true, "", 0},
		{"it is away for good", storm, false, providers.CodeUnavailable, 0},
		{"it asks to wait", []*providers.Error{nil, later}, true, "", 50 * time.Minute},
		{"the token has expired", []*providers.Error{nil, problem(providers.CodeAuth)}, false, providers.CodeAuth, 0},
		{"the token is no longer allowed to", []*providers.Error{problem(providers.CodeDenied)}, false, providers.CodeDenied, 0},
		{"a page stands in the place of an answer", []*providers.Error{problem(providers.CodeInvalid)}, false, providers.CodeInvalid, 0},
		{"it knows no such import for now", []*providers.Error{nil, problem(providers.CodeNotFound)}, false, providers.CodeNotFound, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newImport(t)
			began := f.clock.Now()
			f.to.imports.meeting(test.met...)
			f.to.imports.hidden = problem(providers.CodeInternal) // what is known by its name is not looked for
			outcome, _ := f.apply(t)
			if outcome.Complete() != test.bears {
				t.Fatalf("outcome %+v", outcome)
			}
			if waited := f.clock.Now().Sub(began); waited < test.waited {
				t.Errorf("waited %s, want %s", waited, test.waited)
			}
			if !test.bears {
				told := slices.ContainsFunc(f.events, func(e engine.Event) bool {
					d, ok := e.(engine.ResourceDone)
					return ok && d.Problem != nil && d.Problem.Code == test.code && d.Problem.Hint == "look at it"
				})
				if phase, job := f.phase(t); !told || phase != schema.PhaseFailed || job.ID != "job 1" || job.State.Ended() {
					t.Errorf("told: %v; %s, %+v", told, phase, job)
				}
				f.to.imports.meeting()
				if outcome, _ := f.apply(t); !outcome.Complete() || outcome.Resumed != 1 {
					t.Errorf("then: %+v", outcome)
				}
			}
			if phase, _ := f.phase(t); phase != schema.PhaseSynced || f.to.imports.starts != 1 {
				t.Errorf("in the end: %s after %d starts", phase, f.to.imports.starts)
			}
		})
	}
}

// A start whose outcome is not known is followed by a search, and by no second start
// while the search tells nothing.
func TestImportThatCannotBeLookedFor(t *testing.T) {
	f := newImport(t)
	f.to.imports.lost, f.to.imports.hidden = true, problem(providers.CodeUnavailable)
	if outcome, _ := f.apply(t); outcome.Failed != 1 || f.to.imports.starts != 1 {
		t.Fatalf("outcome %+v after %d starts", outcome, f.to.imports.starts)
	}
	f.to.imports.hidden = problem(providers.CodeDenied)
	if outcome, _ := f.apply(t); outcome.Complete() || f.to.imports.starts != 1 {
		t.Errorf("outcome %+v after %d starts", outcome, f.to.imports.starts)
	}
	f.to.imports.hidden = nil
	if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 1 {
		t.Errorf("then: %+v after %d starts", outcome, f.to.imports.starts)
	}
}

// A start that the forge refused for the rate did nothing. It is made when the forge
// says that it may be, and once.
func TestStartOfAnImportAtTheLimit(t *testing.T) {
	f := newImport(t)
	until := f.clock.Now().Add(time.Hour)
	f.to.imports.refuse = &providers.Error{Code: providers.CodeRateLimited, Message: "slow down", Until: until}
	s := f.open(t)
	w := f.work(t, s)
	wait := w.Wait
	w.Wait = func(ctx context.Context, at time.Time) error {
		if at.Equal(until) {
			f.to.imports.refuse = nil
		}
		return wait(ctx, at)
	}
	outcome, err := engine.Apply(t.Context(), f.plan(t, s), w)
	s.Close()
	if err != nil || !outcome.Complete() || f.to.imports.starts != 1 || f.clock.Now().Before(until) {
		t.Errorf("outcome %+v after %d starts at %s, %v", outcome, f.to.imports.starts, f.clock.Now(), err)
	}
}

// An import is made again when that is asked for, and not in the place of what it
// brought.
func TestImportIsMadeAgain(t *testing.T) {
	f := newImport(t)
	f.apply(t)
	f.options.Restart = []string{"repository.api"}
	if codes, action := f.findings(t); action != engine.ActionError || strings.Join(codes, " ") != "import.ended" {
		t.Errorf("what it brought stands there: %s, %v", action, codes)
	}
	f.to.created = false
	if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 2 {
		t.Errorf("it was deleted: %+v after %d starts", outcome, f.to.imports.starts)
	}
}

// Imports of one thing at a time can be in each other's way at its source, so a plan
// has one.
func TestOneSourceToTwoPlaces(t *testing.T) {
	f := newImport(t)
	m := &schema.Migration{
		Name:    "twice",
		Sources: map[string]schema.Connection{"source": {Provider: "forge"}},
		Targets: map[string]schema.Connection{"target": {Provider: "forge"}},
	}
	for _, name := range []string{"one", "two"} {
		r := f.resource
		r.Address, r.Name = schema.Address("repository."+name), name
		m.Resources = append(m.Resources, r)
	}
	s := f.open(t)
	defer s.Close()
	c := (&world{dir: f.dir, migration: m}).planWith(t, s, f)
	if len(c.Changes[0].Findings) != 0 || len(c.Changes[1].Findings) != 1 {
		t.Fatalf("findings: %+v", c.Changes)
	}
	if d := c.Changes[1].Findings[0]; d.Code != "plan.identity.twice" || !strings.Contains(d.Help, "a state of its own once the first import has ended") {
		t.Errorf("finding: %+v", d)
	}
}
