package github_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
)

// executable is the name under which the test binary is the provider.
const executable = "drover-provider-github"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(github.New())
		return
	}
	os.Exit(m.Run())
}

// TestConformance puts the provider, in a process of its own, through the suite:
// with repositories that have everything and with an empty one.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the provider many times")
	}
	s := newServer(t)
	if err := githubtest.Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	ada := s.Model.User("ada")
	token := s.Token(ada)
	if _, err := s.Model.AddRepository(ada, &githubtest.Repository{Name: "empty", DefaultBranch: "main", Visibility: "private"}); err != nil {
		t.Fatal(err)
	}
	// A text of the sample links to a file that is gone; the suite opens every one.
	s.Model.AddAttachment(githubtest.Attachment{Path: "/user-attachments/assets/0a1b2c3d-0000-4000-8000-00000000dead", Data: []byte("x")})
	g, err := s.Model.AddGist(ada, "a gist", false, []githubtest.GistFile{{Name: "a", Content: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]any{"attachments_import": true, "collaborators_import": true}
	source := &providertest.SourceFixture{
		Connection: providertest.Connection{
			Settings: sourcetest.JSON(t, map[string]any{"github_hostname": s.URL}),
			Secrets:  map[string]string{"personal_access_token": "TOKEN"},
		},
		Repositories: []providertest.RepositoryFixture{
			{Settings: sourcetest.JSON(t, map[string]any{"repository": "ada/empty"})},
			{Settings: sourcetest.JSON(t, map[string]any{"gist_id": g.ID})},
		},
		Vanished:     sourcetest.JSON(t, map[string]any{"repository": "lantern/vanished"}),
		WrongSecrets: map[string]string{"personal_access_token": "ghp_wrong"},
		Discover: []providertest.Discover{
			{Kind: "repositories", Settings: json.RawMessage(`{"owner":"lantern"}`)},
			{Kind: "gists", Settings: json.RawMessage(`{}`)},
		},
	}
	s.Model.View(func() {
		for _, r := range s.Model.Repositories {
			if r.Owner.Login == "lantern" {
				source.Repositories = append(source.Repositories, providertest.RepositoryFixture{
					Settings: sourcetest.JSON(t, map[string]any{"repository": r.FullName(), "pagination_limit": 3, "optional_stages": stages}),
				})
			}
		}
	})
	providertest.TestBinary(t, sourcetest.Self(t, executable), providertest.Fixture{
		Dir: t.TempDir(), Source: source,
		Getenv: func(name string) (string, bool) { return token, name == "TOKEN" },
	})
}
