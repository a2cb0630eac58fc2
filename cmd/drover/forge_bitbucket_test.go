package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

const bitbucketServerPlan = `
source "bitbucket_server" "old" {
  bitbucket_server_url  = %[1]q
  personal_access_token = secret.old
}

target "gitlab" "new" {
  url               = %[2]q
  access_token      = secret.new
  missing_namespace = "create"
}

secret "old" {
  file = "../old-token"
}

secret "new" {
  file = "../new-token"
}

repository "beacon" {
  source                   = source.bitbucket_server.old
  target                   = target.gitlab.new
  bitbucket_server_project = "LAMP"
  bitbucket_server_repo    = "beacon"
  target_namespace         = "lamps"
}
`

// TestLinksFromBitbucketServer has a text link to pages of a server that does not
// put its repositories at their full names.
func TestLinksFromBitbucketServer(t *testing.T) {
	old, err := bitbucketservertest.New(bitbucketservertest.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { old.Close() })
	if err := bitbucketservertest.Sample(old.Model); err != nil {
		t.Fatal(err)
	}
	to, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	m := old.Model
	ada, beacon := m.Users[0], m.Repositories[0]
	first := beacon.Pulls[0]
	home := old.URL + "/projects/LAMP/repos/beacon"
	m.Comment(beacon.Pulls[2], ada, strings.Join([]string{
		"See", home + "/pull-requests/1/overview,", "[it](" + home + "/commits/" + first.From.Commit + "),",
		home + "/browse", "and", old.URL + "/projects/OTHER/repos/thing/pull-requests/1", "- all of it.",
	}, " "), nil)

	a := &accept{giteaReader: giteaReader{TB: t}, desk: desk{t.TempDir()}}
	a.write("old-token", old.Token(ada))
	a.write("new-token", to.AdminToken())
	a.write("plan/a.plan.hcl", fmt.Sprintf(bitbucketServerPlan, old.URL, to.URL))
	a.drover(t, "plan", exitOK, "apply", "--yes")
	if out := a.drover(t, "plan", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
		t.Errorf("another apply still did something:\n%s", out)
	}
	at := to.URL + "/lamps/beacon"
	want := strings.Join([]string{
		"See", at + "/-/merge_requests/1,", "[it](" + at + "/-/commit/" + first.From.Commit + "),",
		at, "and", old.URL + "/projects/OTHER/repos/thing/pull-requests/1", "- all of it.",
	}, " ")
	var texts []string
	for _, r := range to.Model.Project("lamps/beacon").MergeRequests {
		for _, d := range r.Discussions {
			for _, n := range d.Notes {
				if begin, end := strings.Index(n.Body, "See http"), strings.Index(n.Body, "- all of it."); begin >= 0 && end > begin {
					texts = append(texts, n.Body[begin:end+len("- all of it.")])
				}
			}
		}
	}
	if diff := cmp.Diff([]string{want}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
