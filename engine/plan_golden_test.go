package engine

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestPlan computes the plan of every case in testdata/plan and compares its
// changes and its summary with want.json. With -update it writes them instead.
func TestPlan(t *testing.T) {
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
			c := NewPlan(inputs(t, filesOf(archive)))
			checkWorkable(t, c)
			got := render(t, c)
			if *update {
				writeWant(t, path, archive, got)
				return
			}
			if diff := cmp.Diff(string(filesOf(archive)["want.json"]), string(got)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func filesOf(a *txtar.Archive) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range a.Files {
		files[f.Name] = f.Data
	}
	return files
}

// checkWorkable holds for every plan: what is to be carried out has what that
// takes, and what is not has nothing.
func checkWorkable(t *testing.T, c *Changeset) {
	t.Helper()
	for _, ch := range c.Changes {
		switch {
		case ch.Action == ActionError && (!ch.Findings.HasErrors() && !c.Diagnostics.HasErrors() || len(ch.Steps) > 0):
			t.Errorf("%s is an error that nothing explains, or has steps", ch.Address)
		case ch.Action != ActionError && ch.Findings.HasErrors():
			t.Errorf("%s has an error and is %s", ch.Address, ch.Action)
		case ch.Action.Works() && ch.Action != ActionForget && (ch.Resource == nil || ch.Identity == "" || ch.Place.Name == ""):
			t.Errorf("%s cannot be carried out: %+v", ch.Address, ch)
		case !ch.Action.Works() && len(ch.Steps) > 0:
			t.Errorf("%s is %s and has steps", ch.Address, ch.Action)
		}
	}
}

// render is what a case compares: the changes without their resources, which
// repeat the plan.
func render(t *testing.T, c *Changeset) []byte {
	t.Helper()
	changes := make([]Change, len(c.Changes))
	for i, ch := range c.Changes {
		ch.Resource = nil
		changes[i] = ch
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Changes     []Change `json:"changes"`
		Diagnostics any      `json:"diagnostics,omitempty"`
		Summary     Summary  `json:"summary"`
	}{changes, c.Diagnostics, c.Summary})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeWant(t *testing.T, path string, a *txtar.Archive, want []byte) {
	t.Helper()
	var files []txtar.File
	for _, f := range a.Files {
		if f.Name != "want.json" {
			files = append(files, f)
		}
	}
	a.Files = append(files, txtar.File{Name: "want.json", Data: want})
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
