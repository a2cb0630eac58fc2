package git

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestDetect(t *testing.T) {
	dir := t.TempDir()
	newSourceRepo(t, filepath.Join(dir, "api.git"))
	must(t, os.WriteFile(filepath.Join(dir, "note.txt"), []byte("x"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "empty"), 0o700))
	locked := serve(t, guarded("u", "p", backend(t, dir)))
	s := open(t, options{dir: dir})

	for url, found := range map[string]bool{
		"api.git":                              true,
		"file://" + dir + "/api.git":           true,
		serve(t, backend(t, dir)) + "/api.git": true,
		"empty":                                false,
		"note.txt":                             false,
		"missing":                              false,
		"svn://svn.example/api":                false,
		"--upload-pack=x":                      false,
	} {
		d, err := s.Detect(t.Context(), url)
		must(t, err)
		if d.Found != found {
			t.Errorf("Detect(%q) = %v", url, d.Found)
		}
	}
	_, err := s.Detect(t.Context(), locked+"/api.git")
	wantError(t, err, providers.CodeAuth, "password")
}

func TestVerifyGit(t *testing.T) {
	dir := t.TempDir()
	origin := newSourceRepo(t, filepath.Join(dir, "api.git"))
	s := open(t, options{dir: dir})
	copied := filepath.Join(dir, "copy.git")
	refs := export(t, s, "api.git", copied).Refs
	verify := func() (differ int) {
		t.Helper()
		all := collect(t, s.VerifyGit(t.Context(), providers.VerifyRequest{Repo: repoAt(t, "api.git"), Part: providers.PartCode, Dir: copied}, nil))
		if len(all) != len(refs) {
			t.Errorf("%d refs were compared, want %d", len(all), len(refs))
		}
		for _, v := range all {
			differ += len(v.Differences)
		}
		return differ
	}
	if n := verify(); n != 0 {
		t.Errorf("%d differences right after the export", n)
	}
	commit(t, origin, "main", map[string]string{"new.txt": "new"})
	if n := verify(); n != 1 {
		t.Errorf("%d differences after a commit, want 1", n)
	}
}
