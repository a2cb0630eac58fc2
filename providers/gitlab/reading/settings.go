package reading

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// connection is what a source block says.
type connection struct {
	url    string
	token  string
	caFile string // absolute, or ""
}

func readConnection(config providers.Config) (connection, error) {
	var settings struct {
		URL    string `json:"url"`
		CAFile string `json:"ca_file"`
	}
	if err := decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	if settings.URL == "" {
		settings.URL = defaultURL
	}
	base, err := api.CheckURL(settings.URL)
	if err != nil {
		return connection{}, err
	}
	c := connection{url: base, token: strings.TrimSpace(config.Secrets["access_token"]), caFile: settings.CAFile}
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

// groupPrefix begins the identity of a group.
const groupPrefix = "group:"

// choice is what a repository or group block says.
type choice struct {
	group   bool
	id      api.ID // the number, or the full path
	number  int64  // 0: not known
	members bool
}

func readChoice(repo providers.Repo) (choice, error) {
	var settings struct {
		FullPath string `json:"source_full_path"`
		Type     string `json:"source_type"`
		Members  *bool  `json:"migrate_memberships"`
	}
	if err := decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{group: settings.Type == typeGroup, members: settings.Members == nil || *settings.Members}
	path := strings.Trim(settings.FullPath, "/")
	c.number, _ = strconv.ParseInt(path, 10, 64)
	switch {
	case c.number > 0:
	case c.group && !isPath(path), !c.group && (!isPath(path) || !strings.Contains(path, "/")):
		hint := `write the full path, such as "acme/tools/lamp", or the number of the project`
		if c.group {
			hint = `write the full path, such as "acme/tools", or the number of the group`
		}
		return choice{}, badSetting("source_full_path", settings.FullPath, hint)
	}
	c.id = api.ID(path)
	if repo.Identity == "" {
		return c, nil
	}
	number, group := strings.CutPrefix(repo.Identity, groupPrefix)
	var err error
	if c.number, err = strconv.ParseInt(number, 10, 64); err != nil || c.number <= 0 || group != c.group {
		return choice{}, providers.Errorf(providers.CodeInvalid, "the identity %q is not that of such a thing on this server", schema.Printable(repo.Identity))
	}
	c.id = api.Number(c.number)
	return c, nil
}

// isPath reports whether s could be the full path of a group or project, and is
// nothing that an address would take for something else.
func isPath(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || len(part) > 255 || strings.Trim(part, ".") == "" || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
		}) {
			return false
		}
	}
	return len(s) <= 2000
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
