package github

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
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
	if err := decode(config.Settings, &settings); err != nil {
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
	if settings.CAFile != "" {
		c.caFile = settings.CAFile
		if !filepath.IsAbs(c.caFile) {
			c.caFile = filepath.Join(config.Dir, c.caFile)
		}
		if c.caFile, err = filepath.Abs(c.caFile); err != nil {
			return connection{}, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
		}
	}
	return c, nil
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
		ID       text   `json:"repo_id"`
		FullName string `json:"repository"`
		Gist     text   `json:"gist_id"`
		AllGists bool   `json:"all_gists"`
		PageSize int    `json:"pagination_limit"`
		Strategy string `json:"timeout_strategy"`
		Stages   struct {
			Attachments bool `json:"attachments_import"`
			Members     bool `json:"collaborators_import"`
		} `json:"optional_stages"`
	}
	if err := decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{gist: string(settings.Gist), allGists: settings.AllGists, pageSize: settings.PageSize, strategy: settings.Strategy,
		attachments: settings.Stages.Attachments, members: settings.Stages.Members}
	switch {
	case c.allGists:
	case settings.ID != "":
		id, err := strconv.ParseInt(string(settings.ID), 10, 64)
		if err != nil || id <= 0 {
			return choice{}, badSetting("repo_id", string(settings.ID), `write the number that "gh api repos/OWNER/NAME --jq .id" prints, or set repository = "OWNER/NAME" instead`)
		}
		c.id = id
	case settings.FullName != "":
		var ok bool
		if c.owner, c.name, ok = splitName(settings.FullName); !ok {
			return choice{}, badSetting("repository", settings.FullName, `write OWNER/NAME, such as "octocat/hello-world"`)
		}
	case c.gist != "":
		if !isName(c.gist) {
			return choice{}, badSetting("gist_id", c.gist, "write the last part of the gist's address")
		}
	default:
		return choice{}, &providers.Error{Code: providers.CodeInvalid, Message: "none of repo_id, repository, gist_id and all_gists is set", Hint: "set one of them", Attribute: "repo_id"}
	}
	return c, nil
}

const gistPrefix = "gist:"

// text takes a string or a number.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return fmt.Errorf("neither text nor a number: %w", err)
	}
	*t = text(n)
	return nil
}

// splitName takes OWNER/NAME apart.
func splitName(full string) (owner, name string, ok bool) {
	owner, name, ok = strings.Cut(full, "/")
	return owner, name, ok && isName(owner) && isName(name)
}

// isName reports whether s could be the name of an account, a repository or a
// gist: what GitHub makes names of, and nothing that a path would take for
// something else.
func isName(s string) bool {
	return s != "" && len(s) <= 100 && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, func(r rune) bool {
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
