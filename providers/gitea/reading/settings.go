package reading

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// mostItems is how long pages are at most, unless a server was told otherwise.
const mostItems = 50

// connection is what a source block says.
type connection struct {
	url      string
	token    string
	caFile   string // absolute, or ""
	pageSize int    // 0: not said
}

func readConnection(config providers.Config) (connection, error) {
	var settings struct {
		URL      string `json:"url"`
		CAFile   string `json:"ca_file"`
		PageSize int    `json:"pagination_limit"`
	}
	if err := decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	base, err := api.CheckURL(settings.URL)
	if err != nil {
		return connection{}, err
	}
	c := connection{url: base, token: strings.TrimSpace(config.Secrets["access_token"]), caFile: settings.CAFile, pageSize: settings.PageSize}
	if strings.ContainsFunc(c.token, func(r rune) bool { return r <= ' ' || r > '~' }) || c.token == "" {
		return connection{}, &providers.Error{Code: providers.CodeInvalid, Op: "read access_token", Attribute: "access_token",
			Message: "it is empty, or contains a character that no token has", Hint: "make a token in the settings of the account and put it into the secret"}
	}
	if c.caFile != "" && !filepath.IsAbs(c.caFile) {
		if c.caFile, err = filepath.Abs(filepath.Join(config.Dir, c.caFile)); err != nil {
			return connection{}, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
		}
	}
	return c, nil
}

// choice is what a repository block says.
type choice struct {
	id   int64    // 0: not said
	name api.Repo // zero: not said

	pageSize    int // 0: as in the source block
	attachments bool
	members     bool
}

func readChoice(repo providers.Repo) (choice, error) {
	var settings struct {
		ID       text   `json:"repo_id"`
		FullName string `json:"repository"`
		PageSize int    `json:"pagination_limit"`
		Stages   struct {
			Attachments bool `json:"attachments_import"`
			Members     bool `json:"collaborators_import"`
		} `json:"optional_stages"`
	}
	if err := decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{pageSize: settings.PageSize, attachments: settings.Stages.Attachments, members: settings.Stages.Members}
	switch {
	case settings.ID != "":
		id, err := strconv.ParseInt(string(settings.ID), 10, 64)
		if err != nil || id <= 0 {
			return choice{}, badSetting("repo_id", string(settings.ID), `write the number that the REST interface tells, or set repository = "OWNER/NAME" instead`)
		}
		c.id = id
	case settings.FullName != "":
		var ok bool
		if c.name, ok = splitName(settings.FullName); !ok {
			return choice{}, badSetting("repository", settings.FullName, `write OWNER/NAME, such as "acme/widget"`)
		}
	default:
		return choice{}, &providers.Error{Code: providers.CodeInvalid, Message: "neither repository nor repo_id is set", Hint: "set one of them", Attribute: "repository"}
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
func splitName(full string) (api.Repo, bool) {
	owner, name, ok := strings.Cut(full, "/")
	return api.Repo{Owner: owner, Name: name}, ok && isName(owner) && isName(name)
}

// isName reports whether s could be the name of an account or a repository, and
// is nothing that a path would take for something else.
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
