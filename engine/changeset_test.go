package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/drover-migrate/drover/schema"
)

// eachCase runs do with the files of every golden plan.
func eachCase(t *testing.T, do func(t *testing.T, files map[string][]byte)) {
	t.Helper()
	cases, err := filepath.Glob(filepath.Join("testdata", "plan", "*.txtar"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			do(t, filesOf(archive))
		})
	}
}

func marshal(t testing.TB, c *Changeset) []byte {
	t.Helper()
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Equal inputs give equal bytes: whatever the order in which the state listed
// its entries and in which maps were filled, and without a trace of the plan
// before.
func TestNewPlanIsPure(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	eachCase(t, func(t *testing.T, files map[string][]byte) {
		in := inputs(t, files)
		want := marshal(t, NewPlan(in))
		for range 5 {
			other := inputs(t, files)
			list := other.History.Entries
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if got := marshal(t, NewPlan(other)); !bytes.Equal(want, got) {
				t.Fatalf("another order gives another plan:\n%s\nand\n%s", want, got)
			}
		}
		if got := marshal(t, NewPlan(in)); !bytes.Equal(want, got) {
			t.Errorf("the second plan of the same inputs is another one:\n%s\nand\n%s", want, got)
		}
	})
}

func TestChangesetRoundTrip(t *testing.T) {
	eachCase(t, func(t *testing.T, files map[string][]byte) {
		want := marshal(t, NewPlan(inputs(t, files)))
		c, err := ReadChangeset(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := marshal(t, c); !bytes.Equal(want, got) {
			t.Errorf("it became\n%s\nof\n%s", got, want)
		}
	})
}

// example is a changeset with something in every part that a case has.
func example(t testing.TB) []byte {
	t.Helper()
	return marshal(t, &Changeset{
		Format: Format, Drover: "0.3.0", Plan: PlanRef{Name: "p", Digest: "sha256:1"}, State: schema.StateInfo{Lineage: "l", Generation: 3},
		Secrets: map[string]schema.Secret{"token": {Name: "token", Env: "TOKEN"}},
		Changes: []Change{{
			Address: `repository.a["<x>"]`, Action: ActionResync, Reasons: []Reason{{Code: "config", Text: "ü\u2028", Before: []byte(`1`), After: []byte(`{"a":[]}`)}},
			Steps: []Step{{Stage: StageRecords, Stream: "s", Kinds: []schema.Kind{schema.KindIssue}}}, Base: 4,
			Resource: &schema.Resource{Address: "repository.a", Settings: []byte(`{"k":"v"}`)},
		}},
		Summary: Summary{Resync: 1},
	})
}

// A changeset that was cut off, at any byte, is refused.
func TestCutOffChangesetIsRefused(t *testing.T) {
	data := example(t)
	for n := range data {
		if _, err := ReadChangeset(data[:n]); !errors.Is(err, ErrChangeset) {
			t.Fatalf("cut off after %d of %d bytes it gives %v", n, len(data), err)
		}
	}
	if _, err := ReadChangeset(data); err != nil {
		t.Fatal(err)
	}
}

// A changeset in which one bit is another one, or that was edited with care, is
// refused.
func TestEditedChangesetIsRefused(t *testing.T) {
	data := example(t)
	for i := range data {
		for _, bit := range []byte{1, 1 << 5} {
			edited := bytes.Clone(data)
			edited[i] ^= bit
			if _, err := ReadChangeset(edited); !errors.Is(err, ErrChangeset) {
				t.Fatalf("with byte %d changed from %q to %q it gives %v", i, data[i], edited[i], err)
			}
		}
	}
	for name, edit := range map[string]func(string) string{
		"another value":     func(s string) string { return strings.Replace(s, `"base": 4`, `"base": 5`, 1) },
		"an added field":    func(s string) string { return strings.Replace(s, `"base": 4`, `"base": 4, "more": 1`, 1) },
		"a doubled field":   func(s string) string { return strings.Replace(s, `"base": 4`, `"base": 4, "base": 4`, 1) },
		"no spaces":         func(s string) string { return strings.ReplaceAll(s, "  ", "") },
		"line ends of DOS":  func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"something behind":  func(s string) string { return s + "{}" },
		"another format":    func(s string) string { return strings.Replace(s, `"format": 1`, `"format": 2`, 1) },
		"no format":         func(s string) string { return strings.Replace(s, `"format": 1,`, ``, 1) },
		"something else":    func(string) string { return "[]" },
		"nothing":           func(string) string { return "" },
		"a byte order mark": func(s string) string { return "\ufeff" + s },
	} {
		t.Run(name, func(t *testing.T) {
			edited := edit(string(data))
			if edited == string(data) {
				t.Fatal("nothing was edited")
			}
			if _, err := ReadChangeset([]byte(edited)); !errors.Is(err, ErrChangeset) {
				t.Errorf("it gives %v", err)
			}
		})
	}
}

// A changeset of another format is told apart from a damaged one, by the drover
// that made it, whose name is not let loose on a screen.
func TestAnotherFormatIsNamed(t *testing.T) {
	_, err := ReadChangeset([]byte(`{"format": 7, "drover": "9.9.9\u001b[2J"}`))
	if err == nil || !strings.Contains(err.Error(), "format is 7") || !strings.Contains(err.Error(), "9.9.9") || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("error %q", err)
	}
}

// FuzzReadChangeset: nothing makes it panic, and what it accepts is exactly what
// Marshal writes.
func FuzzReadChangeset(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte(`{"format":1}`))
	f.Add([]byte(`{"format":1,"changes":[{"resource":{"settings":null}}]}`))
	f.Add([]byte("{"))
	if golden, err := os.ReadFile(filepath.Join("testdata", "plan", "create.txtar")); err == nil {
		f.Add(golden)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadChangeset(data)
		if err != nil {
			if !errors.Is(err, ErrChangeset) {
				t.Errorf("error of another kind: %v", err)
			}
			// Once it is sealed, it is a changeset like any other.
			c = nearly(data)
			if c == nil {
				return
			}
			data = marshal(t, c)
			if c, err = ReadChangeset(data); err != nil {
				t.Fatalf("what Marshal wrote is refused: %v\n%s", err, data)
			}
		}
		if again := marshal(t, c); !bytes.Equal(again, data) {
			t.Errorf("it became\n%s\nof\n%s", again, data)
		}
	})
}

// nearly is the changeset that data would be if it were sealed, or nil.
func nearly(data []byte) *Changeset {
	c := new(Changeset)
	if json.Unmarshal(data, c) != nil {
		return nil
	}
	c.Format = Format
	return c
}
