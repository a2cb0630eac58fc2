package imports_test

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// stash is the sample of Bitbucket Server, and asks for its repository beacon with the
// token of ada, who is its first user.
func stash(t *testing.T) providers.ImportRequest {
	t.Helper()
	s, err := bitbucketservertest.New(bitbucketservertest.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := bitbucketservertest.Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	return providers.ImportRequest{
		Source: "bitbucket_server", Block: "repository", FullName: "LAMP/beacon",
		Settings: encode(t, map[string]any{"bitbucket_server_url": s.URL, "bitbucket_server_username": "ada"}),
		Secrets:  map[string]string{"personal_access_token": s.Token(s.Model.Users[0])},
		Repo:     providers.Repo{Settings: encode(t, map[string]any{"bitbucket_server_project": "LAMP", "bitbucket_server_repo": "beacon"})},
		Place:    providers.Place{Namespace: "acme", Name: "beacon", Block: "repository"},
	}
}

func TestImportFromBitbucketServer(t *testing.T) {
	w := newWorld(t, gitlabtest.Options{})
	job := w.start(stash(t))
	w.AwaitImports()
	got := w.poll(job)
	if got.Job.State != schema.JobFinished || got.Job.HasFailures || got.Job.Cancelable || got.Job.Counts != nil {
		t.Fatalf("got %+v", got)
	}
	p := w.Model.Project("acme/beacon")
	notes := 0
	for _, r := range p.MergeRequests {
		notes += len(r.Notes())
	}
	if p.ImportType != "bitbucket_server" || len(p.MergeRequests) == 0 || notes == 0 {
		t.Errorf("%s: %d merge requests, %d notes", p.ImportType, len(p.MergeRequests), notes)
	}
	if _, err := w.Cancel(t.Context(), job); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("cancel: %v", err)
	}
}

func TestImportFromBitbucketServerWhoseStartWasNotAnswered(t *testing.T) {
	w := newWorld(t, gitlabtest.Options{})
	req := stash(t)
	req.Place.Namespace = "" // the user's own
	w.Faults(gitlabtest.Fault{Method: "POST", Path: "*/import/bitbucket_server", After: true})
	if _, err := w.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Fatalf("start: %v", err)
	}
	w.AwaitImports()
	if job, err := w.Find(t.Context(), req); err != nil || job.State != schema.JobFinished || job.Target.URL != w.URL+"/ada/beacon" || w.posts() != 1 {
		t.Errorf("found %+v, %v", job, err)
	}
}

// The importers of Bitbucket take the user's own namespace when there is none of the
// name, and say so in their answer alone.
func TestImportThatLandsElsewhere(t *testing.T) {
	w := newWorld(t, gitlabtest.Options{})
	req := stash(t)
	req.Place.Namespace = "acme/nowhere"
	job := w.start(req)
	if job.Target.URL != w.URL+"/ada/beacon" || job.Text != "GitLab put the project at ada/beacon and not at acme/nowhere/beacon." {
		t.Errorf("job: %+v", job)
	}
	w.AwaitImports()
	if got := w.poll(job).Job; got.Text != job.Text {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestBitbucketServerRefuses(t *testing.T) {
	w := newWorld(t, gitlabtest.Options{})
	req := stash(t)
	req.Repo.Settings = encode(t, map[string]any{"bitbucket_server_project": "LAMP", "bitbucket_server_repo": "nothing"})
	if _, err := w.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("no such repository: %v", err)
	}
	w.RefusePrivate()
	if _, err := w.Start(t.Context(), req); providers.AsError(err).Attribute != "bitbucket_server_url" {
		t.Errorf("a private address: %v", err)
	}
}

// cloud is the sample of Bitbucket Cloud, and asks for its repository beacon with an
// API token.
func cloud(t *testing.T) (*bitbucketcloudtest.Server, bitbucketcloudtest.People, providers.ImportRequest) {
	t.Helper()
	s, err := bitbucketcloudtest.New(bitbucketcloudtest.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	people, err := bitbucketcloudtest.Sample(s)
	if err != nil {
		t.Fatal(err)
	}
	return s, people, providers.ImportRequest{
		Source: "bitbucket_cloud", Block: "repository", FullName: "lantern/beacon",
		Settings: encode(t, map[string]any{"bitbucket_email": people.Ada.Email}), Secrets: map[string]string{"bitbucket_api_token": s.Token(people.Ada)},
		Repo:  providers.Repo{Settings: encode(t, map[string]any{"repo_path": "lantern/beacon"})},
		Place: providers.Place{Namespace: "acme", Name: "beacon", Block: "repository"},
	}
}

func TestImportFromBitbucketCloud(t *testing.T) {
	s, _, req := cloud(t)
	w := newWorld(t, gitlabtest.Options{BitbucketCloud: s.APIURL()})
	got := w.run(req)
	if got.Job.State != schema.JobFinished || got.Job.HasFailures {
		t.Fatalf("got %+v", got)
	}
	p := w.Model.Project("acme/beacon")
	notes := 0
	for _, r := range p.MergeRequests {
		notes += len(r.Notes())
	}
	if p.ImportType != "bitbucket" || len(p.MergeRequests) == 0 || len(p.Issues) == 0 || notes == 0 {
		t.Errorf("%s: %d merge requests, %d issues, %d notes", p.ImportType, len(p.MergeRequests), len(p.Issues), notes)
	}
	// It is found again by the place that it fills.
	if job, err := w.Find(t.Context(), req); err != nil || job.ID != got.Job.ID {
		t.Errorf("found %+v, %v", job, err)
	}
}

// GitLab took app passwords first, then both, and takes API tokens alone now.
func TestBitbucketCloudCredentialsByVersion(t *testing.T) {
	s, people, token := cloud(t)
	s.AddToken("app-password", bitbucketcloudtest.Token{User: people.Ada, Password: true, Scopes: bitbucketcloudtest.PasswordScopes()})
	password := token
	password.Settings = encode(t, map[string]any{"bitbucket_username": people.Ada.Username})
	password.Secrets = map[string]string{"bitbucket_app_password": "app-password"}
	for _, test := range []struct {
		version string
		req     providers.ImportRequest
		code    providers.Code
	}{
		{"16.11.0", token, providers.CodeUnsupported}, {"16.11.0", password, providers.CodeUnsupported},
		{"17.0.0", token, providers.CodeUnsupported}, {"17.0.0", password, ""},
		{"18.9.0", token, ""}, {"18.9.0", password, ""},
		{"19.0.0", token, ""}, {"19.0.0", password, providers.CodeUnsupported},
	} {
		w := newWorld(t, gitlabtest.Options{BitbucketCloud: s.APIURL(), Version: test.version})
		_, err := w.Start(t.Context(), test.req)
		if providers.CodeOf(err) != test.code {
			t.Errorf("%s with %s: %v", test.version, test.req.Settings, err)
		}
		w.AwaitImports()
	}
	w := newWorld(t, gitlabtest.Options{BitbucketCloud: s.APIURL()})
	token.Secrets = map[string]string{"bitbucket_api_token": "ATATT-no"}
	if _, err := w.Start(t.Context(), token); providers.CodeOf(err) != providers.CodeAuth {
		t.Errorf("a bad token: %v", err)
	}
}
