package state_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// roleVariable makes the test binary play another process.
const roleVariable = "DROVER_STATE_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	play := map[string]func(ctx context.Context, path string) error{
		"hold":        playHolder,
		"orphan":      playOrphanMaker,
		"idle":        playIdle,
		"write":       playWriter,
		"write-once":  playUnprivileged,
		"cancel-once": playCanceler,
	}[role]
	if err := play(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process prepares the test binary to run in role on path.
func process(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], path)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// start runs a process and returns its output and its input. Closing the
// input asks it to end, and it is killed with the test at the latest.
func start(t *testing.T, cmd *exec.Cmd) (*bufio.Scanner, io.WriteCloser) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return bufio.NewScanner(out), in
}

func line(t *testing.T, out *bufio.Scanner) string {
	t.Helper()
	if !out.Scan() {
		t.Fatalf("the process ended early: %v", out.Err())
	}
	return out.Text()
}

// clock is a time that moves by a second at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 2, 14, 1, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

// counter is a source of predictable randomness.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func options() state.Options {
	return state.Options{
		Create: true, Version: "0.9.0", Actor: "kim", Host: "runner-7", PID: 4312,
		Now: clock(), Random: &counter{},
	}
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "acme.db") }

func open(t testing.TB, path string) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), path, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t testing.TB, s *state.Store) string {
	t.Helper()
	run, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply, Changeset: "sha256:c0ffee"})
	if err != nil {
		t.Fatal(err)
	}
	return run.ID
}

func claim(t testing.TB, s *state.Store, run string, e schema.Entry) *state.Ledger {
	t.Helper()
	l, err := s.Claim(t.Context(), run, e)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// entry is a resource called name, at a place and with an identity of its own.
func entry(name string) schema.Entry {
	return schema.Entry{
		Address: schema.NewAddress("repository", "acme", &name),
		Source:  "github:example", Identity: "id-" + name, FullName: "acme/" + name,
		Target: "gitea:example", Namespace: "acme", Name: name,
		TargetRef: schema.Ref{ID: "1", URL: "https://gitea.example/acme/" + name},
		Phase:     schema.PhaseSyncing,
		Settings:  json.RawMessage(`{"visibility":"private"}`),
	}
}

func item(kind schema.Kind, id string, state schema.ItemState) schema.Item {
	i := schema.Item{Key: schema.Key{Kind: kind, ID: id}, Revision: "r1", State: state}
	if state == schema.ItemDone {
		i.Ref = schema.Ref{ID: "t" + id, URL: "https://gitea.example/" + id}
	}
	return i
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
