package subversion

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// executable is the name under which the test binary is the provider.
const executable = "drover-provider-subversion"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(New())
		return
	}
	os.Exit(m.Run())
}

// TestConformance puts the provider, in a process of its own, through the suite:
// with a dump file and, where Subversion is installed, with a repository and an
// empty one.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the provider many times")
	}
	dir := t.TempDir()
	g := svntest.Generate(svntest.Shape{Seed: 3, Revisions: 120, Files: 20, FileSize: 400, Branches: 3, Tags: 3, Authors: 3})
	dump, err := g.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "history.svndump"), dump, 0o600); err != nil {
		t.Fatal(err)
	}
	repositories := []providertest.RepositoryFixture{{Settings: []byte(`{"vcs_url":"history.svndump"}`)}}
	if _, err := exec.LookPath("svnadmin"); err == nil {
		h := svntest.Must(t, "uuid 0c2f6a4b-3f4b-4f8e-8a2d-6d3cf1e67c11\n"+beginning)
		svntest.Run(t, nil, "svnadmin", "create", filepath.Join(dir, "repository"))
		h.Load(t, filepath.Join(dir, "repository"), 0, h.Latest())
		svntest.Run(t, nil, "svnadmin", "create", filepath.Join(dir, "empty"))
		repositories = append(repositories,
			providertest.RepositoryFixture{Settings: []byte(`{"vcs_url":"repository"}`)},
			providertest.RepositoryFixture{Settings: []byte(`{"vcs_url":"empty"}`)})
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), executable)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	providertest.TestBinary(t, path, providertest.Fixture{Dir: dir, Source: &providertest.SourceFixture{
		Repositories: repositories,
		Vanished:     []byte(`{"vcs_url":"gone"}`),
	}})
}
