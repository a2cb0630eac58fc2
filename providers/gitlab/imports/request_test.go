package imports

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// ask is a request of the engine about acme/api.
func ask(t *testing.T, source, block string, settings, repository map[string]any, secrets map[string]string) providers.ImportRequest {
	t.Helper()
	return providers.ImportRequest{
		Source: source, Settings: encode(t, settings), Secrets: secrets, Block: block,
		Repo:  providers.Repo{Settings: encode(t, repository)},
		Place: providers.Place{Namespace: "acme/platform", Name: "api", Block: block},
	}
}

func encode(t *testing.T, v map[string]any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// at is a version as constants of this package write it.
func at(text string) version { return versionOf(api.ParseVersion(text)) }

func githubAsk(t *testing.T, settings, repository map[string]any) providers.ImportRequest {
	return ask(t, sourceGitHub, blockRepository, settings, repository, map[string]string{"personal_access_token": "ghp_one"})
}

func TestGitHubRequest(t *testing.T) {
	plain := map[string]any{"repo_id": 12345}
	tests := []struct {
		name       string
		version    string
		settings   map[string]any
		repository map[string]any
		token      string
		want       api.GitHubImport
	}{
		{"the least", "18.9.0-ee", nil, plain, "", api.GitHubImport{}},
		{"all of it", "18.9.0", map[string]any{"github_hostname": "github.acme.example", "pagination_limit": 50, "timeout_strategy": "pessimistic"},
			map[string]any{"repo_id": 12345, "timeout_strategy": "optimistic", "optional_stages": map[string]any{"attachments_import": true, "collaborators_import": true, "single_endpoint_notes_import": true}}, "",
			api.GitHubImport{Hostname: "https://github.acme.example", PageSize: 50, TimeoutStrategy: "optimistic",
				OptionalStages: map[string]bool{"attachments_import": true, "collaborators_import": true, "single_endpoint_notes_import": true}}},
		{"the repository's page size before the source's", "18.9.0", map[string]any{"pagination_limit": 50}, map[string]any{"repo_id": 12345, "pagination_limit": 25}, "", api.GitHubImport{PageSize: 25}},
		{"github.com is not named", "18.9.0", map[string]any{"github_hostname": "github.com"}, plain, "", api.GitHubImport{}},
		{"nor is its API", "18.9.0", map[string]any{"github_hostname": "https://api.github.com"}, plain, "", api.GitHubImport{}},
		{"a path of the API is not told twice", "18.9.0", map[string]any{"github_hostname": "https://github.acme.example:8443/api/v3"}, plain, "", api.GitHubImport{Hostname: "https://github.acme.example:8443"}},
		{"one of several tokens", "18.9.0", nil, plain, " ghp_first ,\nghp_second\n", api.GitHubImport{Token: "ghp_first"}},
		{"stages that are not wanted are not named", "18.9.0", nil, map[string]any{"repo_id": 12345, "optional_stages": map[string]any{"attachments_import": false}}, "", api.GitHubImport{}},
		{"no strategies before 16.5", "16.4.0", map[string]any{"timeout_strategy": "pessimistic"}, plain, "", api.GitHubImport{}},
		{"a version that is not known is the newest", "unknown", map[string]any{"pagination_limit": 50}, plain, "", api.GitHubImport{PageSize: 50}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			req := githubAsk(t, test.settings, test.repository)
			want := test.want
			if test.token != "" {
				req.Secrets["personal_access_token"] = test.token
			} else {
				want.Token = "ghp_one"
			}
			want.RepositoryID, want.NewName, want.Namespace = 12345, "api", "acme/platform"
			got, err := githubRequest(at(test.version), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestsThatAreNotMade(t *testing.T) {
	github := func(settings, repository map[string]any) func(*testing.T) providers.ImportRequest {
		return func(t *testing.T) providers.ImportRequest { return githubAsk(t, settings, repository) }
	}
	server := map[string]any{"bitbucket_server_url": "https://bitbucket.acme.example", "bitbucket_server_username": "svc"}
	tests := []struct {
		name      string
		version   string
		request   func(*testing.T) providers.ImportRequest
		code      providers.Code
		attribute string
	}{
		{"no token", "18.9.0", func(t *testing.T) providers.ImportRequest {
			req := githubAsk(t, nil, map[string]any{"repo_id": 1})
			req.Secrets = nil
			return req
		}, providers.CodeInvalid, "personal_access_token"},
		{"no number", "18.9.0", github(nil, map[string]any{"repository": "acme/api"}), providers.CodeInvalid, "repo_id"},
		{"a project at the root", "18.9.0", func(t *testing.T) providers.ImportRequest {
			req := githubAsk(t, nil, map[string]any{"repo_id": 1})
			req.Place.Namespace = ""
			return req
		}, providers.CodeInvalid, "target_namespace"},
		{"a host that is none", "18.9.0", github(map[string]any{"github_hostname": "ftp://x"}, map[string]any{"repo_id": 1}), providers.CodeInvalid, "github_hostname"},
		{"optimism before 16.5", "16.4.2", github(nil, map[string]any{"repo_id": 1, "timeout_strategy": "optimistic"}), providers.CodeUnsupported, "timeout_strategy"},
		{"a page size before 17.7", "17.6.0", github(nil, map[string]any{"repo_id": 1, "pagination_limit": 50}), providers.CodeUnsupported, "pagination_limit"},
		{"Bitbucket Server without a name", "18.9.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceBitbucketServer, blockRepository, map[string]any{"bitbucket_server_url": "https://b.example"}, nil, map[string]string{"personal_access_token": "t"})
		}, providers.CodeInvalid, "bitbucket_server_username"},
		{"another path on Bitbucket Server before 16.10", "16.9.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceBitbucketServer, blockRepository, server, map[string]any{"bitbucket_server_repo": "other"}, map[string]string{"personal_access_token": "t"})
		}, providers.CodeUnsupported, "new_name"},
		{"Bitbucket Cloud before 17.0", "16.11.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceBitbucketCloud, blockRepository, map[string]any{"bitbucket_email": "a@b.example"}, nil, map[string]string{"bitbucket_api_token": "t"})
		}, providers.CodeUnsupported, "method"},
		{"Bitbucket Cloud with nobody", "18.9.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceBitbucketCloud, blockRepository, nil, nil, nil)
		}, providers.CodeInvalid, "bitbucket_email"},
		{"a project entity before 15.11", "15.10.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceGitLab, blockRepository, nil, map[string]any{"source_full_path": "a/b"}, map[string]string{"access_token": "t"})
		}, providers.CodeUnsupported, "method"},
		{"no members before 17.6", "17.5.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceGitLab, blockGroup, nil, map[string]any{"source_full_path": "a", "migrate_memberships": false}, map[string]string{"access_token": "t"})
		}, providers.CodeUnsupported, "migrate_memberships"},
		{"nothing to transfer", "18.9.0", func(t *testing.T) providers.ImportRequest {
			return ask(t, sourceGitLab, blockGroup, nil, nil, map[string]string{"access_token": "t"})
		}, providers.CodeInvalid, "source_full_path"},
		{"gists of GitLab", "18.9.0", func(t *testing.T) providers.ImportRequest { return ask(t, sourceGitLab, blockGists, nil, nil, nil) }, providers.CodeUnsupported, "method"},
		{"a group of GitHub", "18.9.0", func(t *testing.T) providers.ImportRequest { return ask(t, sourceGitHub, blockGroup, nil, nil, nil) }, providers.CodeUnsupported, "method"},
		{"Gitea", "18.9.0", func(t *testing.T) providers.ImportRequest { return ask(t, "gitea", blockRepository, nil, nil, nil) }, providers.CodeUnsupported, "method"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, asked := fake(t, nil)
			m.version = at(test.version)
			_, err := m.Start(t.Context(), test.request(t))
			e := providers.AsError(err)
			if e == nil || e.Code != test.code || e.Attribute != test.attribute || e.Hint == "" {
				t.Errorf("got %+v", e)
			}
			if n := len(*asked); n != 0 {
				t.Errorf("GitLab was asked %d times", n)
			}
		})
	}
}

func TestBitbucketRequests(t *testing.T) {
	req := ask(t, sourceBitbucketServer, blockRepository,
		map[string]any{"bitbucket_server_url": "https://bitbucket.acme.example", "bitbucket_server_username": "svc", "timeout_strategy": "pessimistic"},
		map[string]any{"bitbucket_server_project": "NEW", "bitbucket_server_repo": "my-repo", "timeout_strategy": "optimistic"}, map[string]string{"personal_access_token": "bbs"})
	got, err := bitbucketServerRequest(at("18.9.0"), req)
	want := api.BitbucketServerImport{URL: "https://bitbucket.acme.example", Username: "svc", Token: "bbs", Project: "NEW", Repository: "my-repo", NewName: "api", Namespace: "acme/platform", TimeoutStrategy: "optimistic"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Server: %v (-want +got):\n%s", err, diff)
	}

	for _, test := range []struct {
		name     string
		settings map[string]any
		secrets  map[string]string
		want     api.BitbucketImport
	}{
		{"API token", map[string]any{"bitbucket_email": "a@b.example"}, map[string]string{"bitbucket_api_token": "t"}, api.BitbucketImport{Email: "a@b.example", Token: "t"}},
		{"app password", map[string]any{"bitbucket_username": "a"}, map[string]string{"bitbucket_app_password": "p"}, api.BitbucketImport{Username: "a", AppPassword: "p"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			want.Path, want.NewName, want.Namespace = "acme/mobile", "api", "acme/platform"
			got, err := bitbucketCloudRequest(at("18.9.0"), ask(t, sourceBitbucketCloud, blockRepository, test.settings, map[string]any{"repo_path": "acme/mobile"}, test.secrets))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Cloud: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestTransferRequest(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name       string
		block      string
		version    string
		repository map[string]any
		fullName   string
		namespace  string
		want       api.BulkImportWanted
	}{
		{"a group", blockGroup, "18.9.0", map[string]any{"source_full_path": "infra/platform", "migrate_projects": true, "migrate_memberships": false}, "", "acme",
			api.BulkImportWanted{SourceType: "group_entity", SourceFullPath: "infra/platform", DestinationSlug: "api", DestinationNamespace: "acme", MigrateProjects: &yes, MigrateMemberships: &no}},
		{"a group at the top", blockGroup, "18.9.0", map[string]any{"source_full_path": "/infra/"}, "", "",
			api.BulkImportWanted{SourceType: "group_entity", SourceFullPath: "infra", DestinationSlug: "api"}},
		{"a project does not say what becomes of projects", blockRepository, "18.9.0", map[string]any{"source_full_path": "infra/ci", "migrate_projects": true, "migrate_memberships": true}, "", "acme",
			api.BulkImportWanted{SourceType: "project_entity", SourceFullPath: "infra/ci", DestinationSlug: "api", DestinationNamespace: "acme", MigrateMemberships: &yes}},
		{"a project by its number", blockRepository, "18.9.0", map[string]any{"source_full_path": "42"}, "infra/moved", "acme",
			api.BulkImportWanted{SourceType: "project_entity", SourceFullPath: "infra/moved", DestinationSlug: "api", DestinationNamespace: "acme"}},
		{"members come always before 17.6", blockGroup, "17.5.0", map[string]any{"source_full_path": "infra", "migrate_memberships": true}, "", "acme",
			api.BulkImportWanted{SourceType: "group_entity", SourceFullPath: "infra", DestinationSlug: "api", DestinationNamespace: "acme"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := &Importer{version: at(test.version)}
			req := ask(t, sourceGitLab, test.block, map[string]any{"url": "https://old.example"}, test.repository, map[string]string{"access_token": "glpat"})
			req.FullName, req.Place.Namespace = test.fullName, test.namespace
			got, err := m.transferRequest(req)
			want := api.BulkImportRequest{Configuration: api.BulkImportConfiguration{URL: "https://old.example", Token: "glpat"}, Entities: []api.BulkImportWanted{test.want}}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestJobNames(t *testing.T) {
	for _, test := range []struct {
		text string
		want jobID
	}{
		{"project/27", jobID{project: 27}},
		{"transfer/12", jobID{transfer: 12}},
		{"gists?after=120&expected=3", jobID{gists: gistsID{after: 120, expected: 3}}},
		{"gists?expected=3&unsure=true", jobID{gists: gistsID{expected: 3, unsure: true}}},
		{"gists?expected=3&large=2", jobID{gists: gistsID{expected: 3, large: 2}}},
		{"gists", jobID{gists: gistsID{expected: -1}}},
		{"gists?expected=0", jobID{}},
	} {
		got, err := parseID(test.text)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", test.text, got, err)
		}
		var again string
		switch {
		case got.project != 0:
			again = projectID(got.project)
		case got.transfer != 0:
			again = transferID(got.transfer)
		default:
			again = got.gists.String()
		}
		if again != test.text {
			t.Errorf("%s comes back as %s", test.text, again)
		}
	}
	for _, text := range []string{"", "project", "project/", "project/0", "project/-1", "project/x", "transfer/9999999999999999999", "gists?after=x", "gists?expected=-1", "snippets", "\x1b[2J"} {
		if got, err := parseID(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func FuzzJobName(f *testing.F) {
	for _, text := range []string{"project/27", "transfer/12", "gists?after=120&expected=3", "gists?unsure=true", "gists"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseID(text)
		if err != nil {
			return
		}
		if id.project != 0 || id.transfer != 0 {
			if id.project < 0 || id.transfer < 0 || id.project != 0 && id.transfer != 0 {
				t.Errorf("%q: %+v", text, id)
			}
			return
		}
		again, err := parseID(id.gists.String())
		if err != nil || again != id {
			t.Errorf("%q: %+v became %+v, %v", text, id, again, err)
		}
	})
}
