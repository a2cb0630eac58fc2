package bitbucketcloud

import (
	"regexp"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// gitUser is the user name that git sends with an API token. The e-mail address,
// which the interface takes, is refused there.
const gitUser = "x-bitbucket-api-token-auth"

// connection is what a source block says.
type connection struct {
	host      api.Host
	username  string // for the interface
	gitUser   string
	secret    string
	attribute string // the setting that holds the secret
	hourly    int64
	caFile    string // absolute, or ""
}

func readConnection(config providers.Config) (connection, error) {
	var settings struct {
		URL      string `json:"bitbucket_api_url"`
		Email    string `json:"bitbucket_email"`
		Username string `json:"bitbucket_username"`
		Hourly   int64  `json:"max_requests_per_hour"`
		CAFile   string `json:"ca_file"`
	}
	if err := forgesource.Decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	if settings.URL == "" {
		settings.URL = api.DefaultURL
	}
	c := connection{hourly: settings.Hourly}
	var err error
	if c.host, err = api.ParseHost(settings.URL); err != nil {
		return connection{}, err
	}
	if c.caFile, err = forgesource.File(config, settings.CAFile); err != nil {
		return connection{}, err
	}
	return c, c.sign(settings.Email, settings.Username, config.Secrets)
}

// sign takes one of the two pairs of credentials.
func (c *connection) sign(email, username string, secrets map[string]string) error {
	token, password := strings.TrimSpace(secrets["bitbucket_api_token"]), strings.TrimSpace(secrets["bitbucket_app_password"])
	switch byToken, byPassword := email != "" || token != "", username != "" || password != ""; {
	case byToken && byPassword:
		return forgesource.Refused("bitbucket_email", "an API token and an app password are set", "set one pair: bitbucket_email and bitbucket_api_token")
	case byPassword:
		c.username, c.gitUser, c.secret, c.attribute = username, username, password, "bitbucket_app_password"
	default:
		c.username, c.gitUser, c.secret, c.attribute = email, gitUser, token, "bitbucket_api_token"
	}
	switch {
	case c.username == "" || strings.ContainsFunc(c.username, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
		return forgesource.Refused(map[string]string{"bitbucket_app_password": "bitbucket_username", "bitbucket_api_token": "bitbucket_email"}[c.attribute],
			"it is empty, or contains a character that it cannot have", "an API token goes with the e-mail address of the account, an app password with its user name")
	case c.secret == "" || strings.ContainsFunc(c.secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return forgesource.Refused(c.attribute, "it is empty, or contains a character that it cannot have", "make an API token with scopes in the settings of the Atlassian account and put it into the secret")
	}
	return nil
}

// choice is what a repository block says.
type choice struct {
	repo api.Repo // by name, or by UUID when it is known

	attachments bool
	members     bool
}

func readChoice(repo providers.Repo) (choice, error) {
	var settings struct {
		Path   string `json:"repo_path"`
		Stages struct {
			Attachments bool `json:"attachments_import"`
			Members     bool `json:"collaborators_import"`
		} `json:"optional_stages"`
	}
	if err := forgesource.Decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{attachments: settings.Stages.Attachments, members: settings.Stages.Members}
	var ok bool
	if c.repo, ok = splitName(settings.Path); !ok {
		return choice{}, forgesource.Unfit("repo_path", settings.Path, `write WORKSPACE/REPOSITORY, such as "acme/mobile"`)
	}
	if repo.Identity != "" {
		if !isUUID(repo.Identity) {
			return choice{}, providers.Errorf(providers.CodeInvalid, "the identity %q is not that of a repository of Bitbucket Cloud", schema.Printable(repo.Identity))
		}
		c.repo.UUID = repo.Identity
	}
	return c, nil
}

// splitName takes WORKSPACE/REPOSITORY apart.
func splitName(full string) (api.Repo, bool) {
	workspace, slug, ok := strings.Cut(full, "/")
	return api.Repo{Workspace: workspace, Slug: slug}, ok && isName(workspace) && isName(slug)
}

// isName reports whether s could be the name of a workspace or repository in an
// address, and is nothing that a path would take for something else.
func isName(s string) bool {
	return forgesource.IsName(s, 100)
}

// isUUID reports whether s is an id as Bitbucket writes it, in braces.
func isUUID(s string) bool {
	return regexp.MustCompile(`^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$`).MatchString(s)
}
