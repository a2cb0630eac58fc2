package github

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
)

// connection is what a source block says.
type connection struct {
	host     api.Host
	tokens   []string
	pageSize int
	strategy string
	hourly   int64
	caFile   string // absolute, or ""
}

func readConnection(config providers.Config) (connection, error) {
	var settings struct {
		Host     string `json:"github_hostname"`
		PageSize int    `json:"pagination_limit"`
		Strategy string `json:"timeout_strategy"`
		Hourly   int64  `json:"max_requests_per_hour"`
		CAFile   string `json:"ca_file"`
	}
	if err := forgesource.Decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	host, err := api.ParseHost(settings.Host)
	if err != nil {
		return connection{}, err
	}
	c := connection{host: host, pageSize: settings.PageSize, strategy: settings.Strategy, hourly: settings.Hourly}
	if c.tokens, err = readTokens(config.Secrets["personal_access_token"]); err != nil {
		return connection{}, err
	}
	c.caFile, err = forgesource.File(config, settings.CAFile)
	return c, err
}

// readTokens splits the one text that holds all tokens.
func readTokens(text string) ([]string, error) {
	fault := &providers.Error{Code: providers.CodeInvalid, Op: "read personal_access_token", Attribute: "personal_access_token"}
	tokens := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
	kept := tokens[:0]
	for _, token := range tokens {
		token = strings.TrimSpace(token)
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == 0x7f }) {
			fault.Message, fault.Hint = "a token contains a space or another character that no token has", "copy the token again; several are separated by commas or line breaks"
			return nil, fault
		}
		if token != "" {
			kept = append(kept, token)
		}
	}
	if len(kept) == 0 {
		fault.Message, fault.Hint = "there is no token in it", "make a token in the developer settings of GitHub and put it into the secret"
		return nil, fault
	}
	return kept, nil
}

// choice is what a repository block says.
type choice struct {
	id          int64  // 0: not said
	owner, name string // "": not said
	gist        string // "": it is no gist
	allGists    bool   // those of the token's owner, together

	pageSize    int    // 0: as in the source block
	strategy    string // "": as in the source block
	attachments bool
	members     bool
}

func readChoice(repo providers.Repo) (choice, error) {
	var settings struct {
		ID       forgesource.Text `json:"repo_id"`
		FullName string           `json:"repository"`
		Gist     forgesource.Text `json:"gist_id"`
		AllGists bool             `json:"all_gists"`
		PageSize int              `json:"pagination_limit"`
		Strategy string           `json:"timeout_strategy"`
		Stages   struct {
			Attachments bool `json:"attachments_import"`
			Members     bool `json:"collaborators_import"`
		} `json:"optional_stages"`
	}
	if err := forgesource.Decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{gist: string(settings.Gist), allGists: settings.AllGists, pageSize: settings.PageSize, strategy: settings.Strategy,
		attachments: settings.Stages.Attachments, members: settings.Stages.Members}
	switch {
	case c.allGists:
	case settings.ID != "":
		id, err := strconv.ParseInt(string(settings.ID), 10, 64)
		if err != nil || id <= 0 {
			return choice{}, forgesource.Unfit("repo_id", string(settings.ID), `write the number that "gh api repos/OWNER/NAME --jq .id" prints, or set repository = "OWNER/NAME" instead`)
		}
		c.id = id
	case settings.FullName != "":
		var ok bool
		if c.owner, c.name, ok = splitName(settings.FullName); !ok {
			return choice{}, forgesource.Unfit("repository", settings.FullName, `write OWNER/NAME, such as "octocat/hello-world"`)
		}
	case c.gist != "":
		if !isName(c.gist) {
			return choice{}, forgesource.Unfit("gist_id", c.gist, "write the last part of the gist's address")
		}
	default:
		return choice{}, &providers.Error{Code: providers.CodeInvalid, Message: "none of repo_id, repository, gist_id and all_gists is set", Hint: "set one of them", Attribute: "repo_id"}
	}
	return c, nil
}

const gistPrefix = "gist:"

// splitName takes OWNER/NAME apart.
func splitName(full string) (owner, name string, ok bool) {
	owner, name, ok = strings.Cut(full, "/")
	return owner, name, ok && isName(owner) && isName(name)
}

// isName reports whether s could be the name of an account, a repository or a
// gist: what GitHub makes names of, and nothing that a path would take for
// something else.
func isName(s string) bool {
	return forgesource.IsName(s, 100)
}
