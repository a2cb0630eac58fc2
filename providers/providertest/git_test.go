package providertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/git"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// gitFixture is a folder with a repository, an empty one, and a file that is
// none.
func gitFixture(t *testing.T) Fixture {
	t.Helper()
	dir := t.TempDir()
	histories := map[string]string{"sample": sampleHistory + "done\n", "groups/empty": "feature done\ndone\n"}
	refs := map[string]map[string]string{}
	for name, history := range histories {
		repo, err := gitrepo.Init(t.Context(), filepath.Join(dir, "repositories", filepath.FromSlash(name)+".git"), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := repo.FastImport(t.Context(), strings.NewReader(history)); err != nil {
			t.Fatal(err)
		}
		found, err := repo.Refs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refs[name] = found.Names
	}
	if err := os.WriteFile(filepath.Join(dir, "notes"), []byte("not a repository\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Fixture{Dir: dir, Source: &SourceFixture{
		Repositories: []RepositoryFixture{
			{Settings: []byte(`{"vcs_url":"repositories/sample.git"}`), Refs: refs["sample"]},
			{Settings: []byte(`{"vcs_url":"repositories/groups/empty.git"}`)},
		},
		Vanished: []byte(`{"vcs_url":"repositories/gone.git"}`),
		Discover: []Discover{{Kind: "repositories", Settings: []byte(`{"folder":"repositories"}`)}},
	}}
}

func TestGit(t *testing.T) { Test(t, git.New(), gitFixture(t)) }

func TestGitBinary(t *testing.T) { TestBinary(t, executableOf(t, "git"), gitFixture(t)) }

// TestWithoutFixture expects what needs none to be checked, and nothing else.
func TestWithoutFixture(t *testing.T) {
	report := Run(t.Context(), binaryOf(t, "git"), Fixture{}, nil)
	if report.Err != nil {
		t.Fatal(report.Err)
	}
	if report.Untried() == 0 {
		t.Error("nothing is missing in a fixture that is empty")
	}
	for _, c := range report.Checks {
		switch needsNone := c.Area == "Start" || c.Area == "Schema" || c.Name == "settings that it does not know do no harm"; {
		case needsNone && c.Result != Passed:
			t.Errorf("%s: %s: %s: %s", c.Area, c.Name, c.Result, c.Detail)
		case !needsNone && c.Result != Skipped:
			t.Errorf("%s: %s: %s; want it skipped", c.Area, c.Name, c.Result)
		case c.Untried && c.Result != Skipped:
			t.Errorf("%s: %s was made and not tried", c.Area, c.Name)
		case c.Result == Skipped && c.Detail == "":
			t.Errorf("%s: %s was skipped without a reason", c.Area, c.Name)
		}
	}
}
