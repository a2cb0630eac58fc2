package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoGiteasPlan = `
source "gitea" "here" {
  url          = %[1]q
  access_token = secret.here
}

target "directory" "archive" {
  path = "out"
}

target "gitea" "there" {
  url               = %[2]q
  access_token      = secret.there
  missing_namespace = "create"
}

secret "here" {
  file = "../here-token"
}

secret "there" {
  file = "../there-token"
}

authors "people" {
  unmatched = "keep"

  author "ada.l" {
    target_user = "grace"
  }
}

discover "repositories" "all" {
  source = source.gitea.here
  owner  = "acme"

  expect {
    min = 1
  }
}

repository "archive" {
  for_each         = { for r in discover.repositories.all.items : r.name => r }
  source           = source.gitea.here
  target           = target.directory.archive
  repo_id          = each.value.id
  target_namespace = "kept"

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}

repository "there" {
  for_each         = { for r in discover.repositories.all.items : r.name => r }
  source           = source.gitea.here
  target           = target.gitea.there
  authors          = authors.people
  repo_id          = each.value.id
  target_namespace = "acme"

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}
`

// TestOnwardFromGitea takes a Gitea as the source, with the real programs: of an
// archive, and of another Gitea. What people then do at the source follows.
func TestOnwardFromGitea(t *testing.T) {
	e, w, here := newStory(t)
	for range 25 {
		e.edit()
	}
	w.apply(t).whole(t)
	there := newGitea(t)
	a := &accept{giteaReader: giteaReader{t, here.URL, here.token}, desk: desk{t.TempDir()}, name: "acme"}
	to := &accept{giteaReader: giteaReader{t, there.URL, there.token}}
	a.write("here-token", here.token)
	a.write("there-token", there.token)
	a.write("onward/a.plan.hcl", fmt.Sprintf(twoGiteasPlan, here.URL, there.URL))

	follow := func() {
		t.Helper()
		a.drover(t, "onward", exitOK, "apply", "--yes")
		a.drover(t, "onward", exitOK, "verify", "--deep")
		if out := a.drover(t, "onward", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
			t.Errorf("another apply still did something:\n%s", out)
		}
		if diff := cmp.Diff(a.threads("/repos/acme/api"), to.threads("/repos/acme/api")); diff != "" {
			t.Errorf("the repository and its copy (-here +there):\n%s", diff)
		}
		for name, text := range there.contents(t) {
			if strings.Contains(text, here.URL+"/attachments/") || strings.Contains(text, "/user-attachments/") {
				t.Errorf("%s links to a file that did not move:\n%s", name, text)
			}
		}
		lines, err := os.ReadFile(filepath.Join(a.dir, "onward", "out", "kept", "api.records", "issues.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := bytes.Count(lines, []byte("\n")), len(a.all("/repos/acme/api/issues?state=all&type=issues")); got != want {
			t.Errorf("the archive has %d issues, want %d", got, want)
		}
	}
	a.drover(t, "onward", exitOK, "plan")
	follow()
	a.patch("/repos/acme/api/issues/1", map[string]string{"title": "Renamed here"})
	if status, data := a.post(t, "/repos/acme/api/issues", map[string]any{"title": "Made here", "body": "See #1."}); status != http.StatusCreated {
		t.Fatalf("make an issue: status %d: %s", status, data)
	}
	follow()
}
