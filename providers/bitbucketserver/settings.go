package bitbucketserver

import (
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/forgesource"
)

// connection is what a source block says.
type connection struct {
	url      string
	username string // "": the token goes alone
	token    string
	strategy string
	caFile   string // absolute, or ""
}

func readConnection(config providers.Config) (connection, error) {
	var settings struct {
		URL      string `json:"bitbucket_server_url"`
		Username string `json:"bitbucket_server_username"`
		Strategy string `json:"timeout_strategy"`
		CAFile   string `json:"ca_file"`
	}
	if err := forgesource.Decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	c := connection{username: settings.Username, token: strings.Trim(config.Secrets[api.TokenAttribute], "\r\n"), strategy: settings.Strategy}
	var err error
	if c.url, err = api.CheckURL(settings.URL); err != nil {
		return connection{}, err
	}
	if c.token == "" || strings.ContainsFunc(c.token, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
		return connection{}, forgesource.Refused(api.TokenAttribute, "it is empty, or contains a character that cannot be sent",
			"make an HTTP access token in the settings of the account and put it into the secret")
	}
	if strings.ContainsFunc(c.username, func(r rune) bool { return unicode.IsControl(r) || r == ':' }) {
		return connection{}, forgesource.Unfit("bitbucket_server_username", c.username, "write the name that the account signs in with")
	}
	c.caFile, err = forgesource.File(config, settings.CAFile)
	return c, err
}

// choice is what a repository block says, and the identity that is known.
type choice struct {
	name     api.Repo
	id       int64 // 0: not known
	strategy string
}

func readChoice(repo providers.Repo) (choice, error) {
	var settings struct {
		Project  string `json:"bitbucket_server_project"`
		Slug     string `json:"bitbucket_server_repo"`
		Strategy string `json:"timeout_strategy"`
	}
	if err := forgesource.Decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{name: api.Repo{Project: projectKey(settings.Project), Slug: settings.Slug}, strategy: settings.Strategy}
	if !isProject(c.name.Project) {
		return choice{}, forgesource.Unfit("bitbucket_server_project", settings.Project, `write the key of a project, such as "ACME", or "~jane" for a personal repository`)
	}
	if !isSlug(c.name.Slug) {
		return choice{}, forgesource.Unfit("bitbucket_server_repo", settings.Slug, "write the slug, which the address of the repository ends with")
	}
	var err error
	c.id, err = forgesource.Number(repo.Identity)
	return c, err
}

// projectKey is a key as the server writes it: in capitals. That of a person's
// project is the person's name.
func projectKey(s string) string {
	if strings.HasPrefix(s, "~") {
		return s
	}
	return strings.ToUpper(s)
}

// isProject reports whether s can be the key of a project.
func isProject(s string) bool {
	return isSlug(strings.TrimPrefix(s, "~"))
}

// isSlug reports whether s can be the slug of a repository or a person, and is
// nothing that a path would take for something else.
func isSlug(s string) bool {
	return forgesource.IsName(s, 128)
}
