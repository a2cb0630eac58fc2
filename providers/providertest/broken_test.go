package providertest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/directory"
)

// pick finds the check that a fault names.
func pick(t *testing.T, name string) check {
	t.Helper()
	area, words, _ := strings.Cut(name, ": ")
	var found []check
	for _, c := range checks() {
		if c.area == area && strings.Contains(c.name, words) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d checks are called %q", len(found), name)
	}
	return found[0]
}

func wantFailed(t *testing.T, subject Subject, fixture Fixture, c check, says string) {
	t.Helper()
	report := run(t.Context(), subject, fixture, []check{c}, nil)
	if report.Err != nil {
		t.Fatal(report.Err)
	}
	got := report.Checks[0]
	if got.Result != Failed || !strings.Contains(got.Detail, says) {
		t.Errorf("%s: %s: %s, %q; want it failed and to say %q", got.Area, got.Name, got.Result, got.Detail, says)
	}
	if report.Passes(c.level) || !report.Passes(c.level-1) || report.Level() != c.level-1 {
		t.Errorf("%s: a failure at level %d gives level %d", c.name, c.level, report.Level())
	}
}

// TestBroken has every check fail.
func TestBroken(t *testing.T) {
	fixture := archiveFixture(t)
	for _, f := range faults() {
		t.Run(f.check+": "+f.says, func(t *testing.T) {
			fixture := fixture
			if f.says == "had not returned" { // patience is only waited out by those
				fixture.Patience = Duration(200 * time.Millisecond)
			}
			if f.check == "Secrets: wrong" {
				source := *fixture.Source
				source.WrongSecrets = map[string]string{"token": "wrong"}
				fixture.Source = &source
			}
			wantFailed(t, InProcess(f.broken.wrap(directory.New())), fixture, pick(t, f.check), f.says)
		})
	}
}

// TestBrokenBinaries breaks what only a process can break.
func TestBrokenBinaries(t *testing.T) {
	fixture := archiveFixture(t)
	for _, f := range binaryFaults() {
		t.Run(f.check+": "+f.says, func(t *testing.T) {
			fixture := fixture
			if f.provider == "stubborn" {
				fixture.Patience = Duration(200 * time.Millisecond)
			}
			wantFailed(t, binaryOf(t, f.provider), fixture, pick(t, f.check), f.says)
		})
	}
}

type binaryFault struct{ check, says, provider string }

func binaryFaults() []binaryFault {
	return []binaryFault{
		{"Start: to a person", "neither explains itself nor ends", "stubborn"},
		{"ExportGit: killed", "somebody was here", "fragile"},
		{"Resume: stored", "killed after write 1", "forgetful"},
		{"Secrets: a source's", "the log", "logging"},
		{"Secrets: a source's", "the arguments of a process", "arguing"},
	}
}

// restless describes itself anew at every start, may not end well, logs what it
// should not, and writes where it should read.
type restless struct {
	starts *int
	dir    string
	stays  bool
}

func (r restless) Launch(log *slog.Logger, _ string) Instance {
	*r.starts++
	p := directory.New()
	p.Description.Doc += strings.Repeat(".", *r.starts)
	addToken(&p.Description)
	p = broken{open: func(c providers.Config, err error) error {
		log.Info("signing in", "with", c.Secrets["token"])
		return errors.Join(err, os.WriteFile(filepath.Join(r.dir, "read"), nil, 0o600))
	}}.wrap(p)
	return restlessInstance{inProcessInstance{p}, r.stays}
}

type restlessInstance struct {
	inProcessInstance
	stays bool
}

func (i restlessInstance) Close(context.Context) error {
	if i.stays {
		return errors.New("it was killed")
	}
	return nil
}

func restlessFaults() map[string]string {
	return map[string]string{
		"Start: every start":      "two descriptions",
		"Start: told to":          "it was killed",
		"Secrets: not in the log": "the secret token is in the log",
		"Read-only: as it was":    "was changed",
	}
}

func TestRestless(t *testing.T) {
	for name, says := range restlessFaults() {
		t.Run(name, func(t *testing.T) {
			fixture := archiveFixture(t)
			fixture.Source.Secrets = map[string]string{"token": "ARCHIVE_TOKEN"}
			fixture.Getenv = func(name string) (string, bool) { return "s3cret-of-" + name, true }
			c := pick(t, name)
			opened := c
			opened.run = func(ctx context.Context, b *bench) error {
				if _, err := b.sharedSource(ctx); err != nil {
					return err
				}
				return c.run(ctx, b)
			}
			wantFailed(t, restless{starts: new(int), dir: fixture.Dir, stays: name == "Start: told to"}, fixture, opened, says)
		})
	}
}

// TestEveryCheckCanFail holds the three tables to all checks.
func TestEveryCheckCanFail(t *testing.T) {
	covered := map[string]bool{}
	for _, f := range faults() {
		covered[f.check] = true
	}
	for _, f := range binaryFaults() {
		covered[f.check] = true
	}
	for name := range restlessFaults() {
		covered[name] = true
	}
	can := map[string]bool{}
	for name := range maps.Keys(covered) {
		c := pick(t, name)
		can[c.area+c.name] = true
	}
	for _, c := range checks() {
		if !can[c.area+c.name] {
			t.Errorf("%s: %s: no test makes it fail", c.area, c.name)
		}
	}
}
