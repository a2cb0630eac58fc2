package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/tfvc/tfvctest"
)

// TestTFVC migrates a project from a server that it plays: detected, mapped with
// an authors file of git-tfs, verified, extended, and applied again.
func TestTFVC(t *testing.T) {
	dir := t.TempDir()
	bob := tfvctest.Person{Display: "Bob Builder", Unique: `CORP\bob`}
	c := tfvctest.New(t)
	c.Project("ERP")
	c.Commit("Begin", tfvctest.Add("$/ERP/Main/a.txt", "a\n"), tfvctest.By(bob))
	c.MakeBranch("$/ERP/Main", "")
	c.Commit("Branch", tfvctest.Branch("$/ERP/Main", "$/ERP/Next"), tfvctest.By(bob), tfvctest.WorkItems(7))
	c.MakeBranch("$/ERP/Next", "$/ERP/Main")
	c.Commit("Go on", tfvctest.Edit("$/ERP/Next/a.txt", "b\n"))
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("token", "a-token\n")
	write("authors.txt", `CORP\bob = Bob B. <bob@new.example>`+"\n")
	write("a.plan.hcl", fmt.Sprintf(`
secret "token" {
  file = "token"
}

source "vcs" "tfs" {
  vcs_username = "migrate"
  vcs_password = secret.token
}

target "directory" "out" {
  path = "out"
}

authors "people" {
  svn_authors = ["authors.txt"]
  unmatched   = "keep"
}

repository "erp" {
  source           = source.vcs.tfs
  target           = target.directory.out
  authors          = authors.people
  vcs_url          = %q
  tfvc_project     = "ERP"
  target_namespace = "old"
  new_name         = "erp"
}
`, c.Serve()))

	contains := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in:\n%s", want, text)
			}
		}
	}
	erp := filepath.Join(dir, "out", "old", "erp.git")
	contains(command(t, dir, "drover", "plan"), "+ erp", "create")
	contains(command(t, dir, "drover", "apply", "--yes"), "Applied: 1 created")
	contains(command(t, dir, "git", "-C", erp, "log", "--all", "--format=%an <%ae> %s%n%(trailers)"),
		"Bob B. <bob@new.example> Begin", "Work-Item: AB#7", "Go on")
	contains(command(t, dir, "drover", "verify", "--every-commit"), "1 equal")
	contains(command(t, dir, "drover", "revisions", "repository.erp", "C2"), "C2\t")
	contains(command(t, dir, "drover", "apply", "--yes"), "No changes")

	before := strings.TrimSpace(command(t, dir, "git", "-C", erp, "rev-list", "--all", "--max-count=1"))
	c.Commit("Later", tfvctest.Edit("$/ERP/Next/a.txt", "c\n"), tfvctest.By(bob))
	contains(command(t, dir, "drover", "apply", "--yes"), "Applied: 1 re-synced")
	contains(command(t, dir, "git", "-C", erp, "log", "--all", "--format=%H %s"), before, "Later")
}
