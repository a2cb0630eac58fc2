package bitbucketserver

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
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
	if err := decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	base, err := api.CheckURL(settings.URL)
	if err != nil {
		return connection{}, err
	}
	c := connection{url: base, username: settings.Username, token: strings.Trim(config.Secrets[api.TokenAttribute], "\r\n"), strategy: settings.Strategy, caFile: settings.CAFile}
	if c.token == "" || strings.ContainsFunc(c.token, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
		return connection{}, &providers.Error{Code: providers.CodeInvalid, Op: "read " + api.TokenAttribute, Attribute: api.TokenAttribute,
			Message: "it is empty, or contains a character that cannot be sent", Hint: "make an HTTP access token in the settings of the account and put it into the secret"}
	}
	if strings.ContainsFunc(c.username, func(r rune) bool { return unicode.IsControl(r) || r == ':' }) {
		return connection{}, badSetting("bitbucket_server_username", c.username, "write the name that the account signs in with")
	}
	if c.caFile != "" && !filepath.IsAbs(c.caFile) {
		if c.caFile, err = filepath.Abs(filepath.Join(config.Dir, c.caFile)); err != nil {
			return connection{}, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
		}
	}
	return c, nil
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
	if err := decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{name: api.Repo{Project: projectKey(settings.Project), Slug: settings.Slug}, strategy: settings.Strategy}
	if !isProject(c.name.Project) {
		return choice{}, badSetting("bitbucket_server_project", settings.Project, `write the key of a project, such as "ACME", or "~jane" for a personal repository`)
	}
	if !isSlug(c.name.Slug) {
		return choice{}, badSetting("bitbucket_server_repo", settings.Slug, "write the slug, which the address of the repository ends with")
	}
	if repo.Identity != "" {
		id, err := strconv.ParseInt(repo.Identity, 10, 64)
		if err != nil || id <= 0 {
			return choice{}, providers.Errorf(providers.CodeInvalid, "the identity %q is not that of a repository on this server", schema.Printable(repo.Identity))
		}
		c.id = id
	}
	return c, nil
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
	return s != "" && len(s) <= 128 && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

func badSetting(attribute, value, hint string) error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read " + attribute, Attribute: attribute,
		Message: fmt.Sprintf("%q cannot be used", schema.Printable(value)), Hint: hint}
}

// decode reads settings that were checked against the description before.
func decode(settings json.RawMessage, into any) error {
	if len(settings) == 0 {
		return nil
	}
	if err := json.Unmarshal(settings, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	return nil
}
