package providertest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
)

func TestReadFixture(t *testing.T) {
	dir := t.TempDir()
	text := `{
		"timeout": "90s",
		"source": {
			"settings": {"path": "archive"}, "secrets": {"token": "FORGE_TOKEN"}, "wrong_secrets": {"token": "wrong"},
			"repositories": [{"settings": {"repo_path": "a/b"}, "refs": {"refs/heads/main": "1234"}, "counts": {"issue": 3}}],
			"vanished": {"repo_path": "a/gone"},
			"discover": [{"kind": "repositories", "settings": {"group": "a"}}]
		},
		"target": {"settings": {"path": "${SCRATCH}/out"}, "namespace": "tests"}
	}`
	if err := os.WriteFile(filepath.Join(dir, "fixture.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFixture(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Getenv == nil || got.Dir != dir {
		t.Errorf("the fixture does not know its folder, %q, or the environment", got.Dir)
	}
	got.Getenv = nil
	want := Fixture{
		Dir: dir, Timeout: Duration(90 * time.Second),
		Source: &SourceFixture{
			Connection:   Connection{Settings: []byte(`{"path": "archive"}`), Secrets: map[string]string{"token": "FORGE_TOKEN"}},
			WrongSecrets: map[string]string{"token": "wrong"},
			Repositories: []RepositoryFixture{{
				Settings: []byte(`{"repo_path": "a/b"}`), Refs: map[string]string{"refs/heads/main": "1234"}, Counts: map[schema.Kind]int64{"issue": 3},
			}},
			Vanished: []byte(`{"repo_path": "a/gone"}`),
			Discover: []Discover{{Kind: "repositories", Settings: []byte(`{"group": "a"}`)}},
		},
		Target: &TargetFixture{Connection: Connection{Settings: []byte(`{"path": "${SCRATCH}/out"}`)}, Namespace: "tests"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fixture (-want +got):\n%s", diff)
	}
	if _, err := ReadFixture(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent folder: %v", err)
	}
}

func TestFixtureMistakes(t *testing.T) {
	tests := map[string]string{
		`{"sauce": {}}`:                      "unknown field",
		`{} {}`:                              "something follows",
		`{"source": {"repositories": [{}]}}`: "repository 1 of the source has no settings",
		`{"source": {"discover": [{}]}}`:     "discover 1 of the source has no kind",
		`{"timeout": "soon"}`:                `duration "soon"`,
		`{"patience": "-1s"}`:                "more than nothing",
		`{"source": {"settings": {}, "repositories": "x"}}`: "cannot unmarshal",
	}
	for text, says := range tests {
		if _, err := parseFixture([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", text, err, says)
		}
	}
}

func FuzzParseFixture(f *testing.F) {
	f.Add([]byte(`{"source": {"repositories": [{"settings": {}}]}, "timeout": "1s"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fixture, err := parseFixture(data)
		if err == nil && (fixture.Timeout < 0 || fixture.Patience < 0) {
			t.Errorf("a fixture with the timeout %d and the patience %d", fixture.Timeout, fixture.Patience)
		}
	})
}

func TestExpand(t *testing.T) {
	got, err := expand([]byte(`{"path":"${SCRATCH}/a","other":"$SCRATCH"}`), `/tmp/with "quotes"`)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"path":"/tmp/with \"quotes\"/a","other":"$SCRATCH"}`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBinaryName(t *testing.T) {
	for _, path := range []string{"/bin/true", "drover-provider-"} {
		if _, err := Binary(path); err == nil {
			t.Errorf("%s was taken for a provider", path)
		}
	}
}

// TestNotStarted expects a reason, and no check to fail for it.
func TestNotStarted(t *testing.T) {
	observed := 0
	report := Run(t.Context(), binaryOf(t, "missing"), Fixture{}, func(Check) { observed++ })
	var start *plugin.StartError
	if !errors.As(report.Err, &start) {
		t.Errorf("error %v, want a StartError", report.Err)
	}
	if report.Passes(LevelGit) || report.Level() != 0 {
		t.Error("a provider that does not start passes")
	}
	if n := report.Count(Skipped); n != len(report.Checks) || n != observed || n == 0 {
		t.Errorf("%d checks of %d were skipped, %d observed", n, len(report.Checks), observed)
	}
}

// TestStopped stops a run in its middle.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	report := Run(ctx, InProcess(directory.New()), archiveFixture(t), func(c Check) {
		if c.Area == "Schema" {
			cancel()
		}
	})
	if report.Count(Failed) > 0 {
		t.Error("checks that were not made failed")
	}
	if last := report.Checks[len(report.Checks)-1]; last.Result != Skipped || last.Detail != "the run was stopped" {
		t.Errorf("the last check: %s, %s", last.Result, last.Detail)
	}
}

// TestMissingSecret names the variable that nobody has set.
func TestMissingSecret(t *testing.T) {
	fixture := archiveFixture(t)
	fixture.Source.Secrets = map[string]string{"token": "ABSENT_TOKEN"}
	wantFailed(t, InProcess(directory.New()), fixture, pick(t, "Inspect: valid refs"), "ABSENT_TOKEN")
}

func TestWatch(t *testing.T) {
	const secret = "a \"b\"/c&d"
	tests := map[string]string{
		"as it is": secret, "in a query": "a+%22b%22%2Fc%26d", "in a path": "a%20%22b%22%2Fc&d",
		"in JSON": `{"x":"a \"b\"/c\u0026d"}`, "in other JSON": `{"x":"a \"b\"/c&d"}`, "in basic authentication": "Basic YSAiYiIvYyZk",
	}
	for name, text := range tests {
		var w watch
		w.add("token", secret)
		w.look("the log", []byte("before "+text+" after"))
		if err := w.err(); err == nil || err.Error() != "the secret token is in the log" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var w watch
	w.add("token", secret)
	w.look("the log", []byte("an innocent line"))
	if err := w.err(); err != nil {
		t.Errorf("an innocent line: %v", err)
	}
}
