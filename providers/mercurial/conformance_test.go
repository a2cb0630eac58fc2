package mercurial_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
)

// executable is the name under which the test binary is the provider.
const executable = "drover-provider-mercurial"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(mercurial.New())
		return
	}
	os.Exit(m.Run())
}

// TestConformance puts the provider, in a process of its own, through the
// suite: with a repository, a bundle and an empty repository.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the provider many times")
	}
	dir := t.TempDir()
	r := hgtest.New(t)
	for _, message := range []string{"first", "second"} {
		r.Write("a", message+"\n")
		r.Commit(message)
	}
	r.Hg("tag", "-d", "1000000100 0", "v1")
	other, empty := hgtest.New(t), hgtest.New(t)
	other.Write("b", "b\n")
	other.Commit("another first")
	other.Hg("bundle", "-q", "--all", filepath.Join(dir, "other.hg"))
	for name, r := range map[string]*hgtest.Repo{"sample": r, "empty": empty} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(r.Dir)); err != nil {
			t.Fatal(err)
		}
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
		Repositories: []providertest.RepositoryFixture{
			{Settings: []byte(`{"vcs_url":"sample"}`)},
			{Settings: []byte(`{"vcs_url":"other.hg"}`)},
			{Settings: []byte(`{"vcs_url":"empty"}`)},
		},
		Vanished: []byte(`{"vcs_url":"gone"}`),
	}})
}
