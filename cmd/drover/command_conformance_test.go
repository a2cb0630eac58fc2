package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/providertest"
)

func conformanceReport() providertest.Report {
	return providertest.Report{Suite: 1, Provider: "acme", Version: "1.2.3", Checks: []providertest.Check{
		{Area: "Start", Name: "ends when it is told to", Level: 1, Result: providertest.Passed, Elapsed: 1500 * time.Millisecond},
		{Area: "Push", Name: "refs arrive", Level: 1, Result: providertest.Skipped, Detail: "the provider is not a target"},
		{Area: "Read", Name: "records are valid", Level: 2, Result: providertest.Failed, Detail: "issue 7 <has> no revision\nand ::stop:: another line"},
	}}
}

func TestWriteChecks(t *testing.T) {
	var b strings.Builder
	for _, c := range conformanceReport().Checks {
		if err := writeCheck(&b, c, false); err != nil {
			t.Fatal(err)
		}
	}
	want := `passed   Start      ends when it is told to
skipped  Push       refs arrive (the provider is not a target)
FAILED   Read       records are valid
           issue 7 <has> no revision
           and ` + shown("::stop::") + ` another line
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if got, want := conformanceLine(conformanceReport()), "Provider acme 1.2.3: 1 passed, 1 failed, 1 skipped; it passes level 1 of suite 1."; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}

func TestWriteJUnit(t *testing.T) {
	report := conformanceReport()
	report.Err = errors.New("lost \x1b on the way")
	var b bytes.Buffer
	if err := writeJUnit(&b, report); err != nil {
		t.Fatal(err)
	}
	var got junitSuite
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 4 || got.Failures != 1 || got.Errors != 1 || got.Skipped != 1 || got.Time != "1.500" {
		t.Errorf("counts: %+v", got)
	}
	if f := got.Cases[3].Failure; f == nil || f.Message != "issue 7 <has> no revision" || !strings.Contains(f.Text, "another line") {
		t.Errorf("failure %+v", f)
	}
	if e := got.Cases[0].Error; e == nil || e.Message != `lost \x1b on the way` {
		t.Errorf("error %+v", e)
	}
}

// TestProviderTest puts a real provider through the command, and then one that
// finds what the fixture says is gone.
func TestProviderTest(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a provider")
	}
	dir := t.TempDir()
	provider := filepath.Join(dir, "drover-provider-git")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", provider, "../drover-provider-git")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "init", "--quiet", "--bare", filepath.Join(dir, "there.git")).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	fixture := `{"patience": "1m", "source": {"repositories": [], "vanished": {"vcs_url": "there.git"}}}`
	if err := os.WriteFile(filepath.Join(dir, "fixture.json"), []byte(fixture), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"without a fixture", nil, exitOK, "of them because the fixture does not cover them"},
		{"with one", []string{"--fixture", dir}, exitDifferent, "FAILED   Inspect    a repository that is gone is not found"},
		{"as JSON", []string{"--fixture", dir, "--json"}, exitDifferent, `"type":"conformance_summary","suite":1,"provider":"git"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"provider", "test", provider}, tt.args...), strings.NewReader(""), &stdout, &stderr)
			if code != tt.code || !strings.Contains(stdout.String(), tt.says) {
				t.Errorf("exit code %d, want %d\n%s%s\nwant %q", code, tt.code, stdout.String(), stderr.String(), tt.says)
			}
		})
	}
}

// TestProviderTestExitCodes runs the command on programs that are no providers.
func TestProviderTestExitCodes(t *testing.T) {
	dir := t.TempDir()
	silent := filepath.Join(dir, "drover-provider-silent")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	junit := filepath.Join(dir, "junit.xml")
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no argument", nil, exitPlan, "an argument is missing"},
		{"another name", []string{"/bin/true"}, exitPlan, "drover-provider-NAME"},
		{"not installed", []string{"no-such-provider"}, exitProvider, "is not installed"},
		{"level", []string{silent, "--level", "9"}, exitPlan, "use 1, 2 or 3"},
		{"no fixture there", []string{silent, "--fixture", filepath.Join(dir, "absent")}, exitPlan, "read the fixture"},
		{"does not start", []string{silent, "--junit", junit}, exitProvider, "did not start"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"provider", "test"}, tt.args...), strings.NewReader(""), &stdout, &stderr)
			if code != tt.code || !strings.Contains(stderr.String(), tt.says) {
				t.Errorf("exit code %d, want %d; it says %q, want %q", code, tt.code, stderr.String(), tt.says)
			}
		})
	}
	if data, err := os.ReadFile(junit); err != nil || !strings.Contains(string(data), `errors="1"`) {
		t.Errorf("the JUnit report: %s, %v", data, err)
	}
}
