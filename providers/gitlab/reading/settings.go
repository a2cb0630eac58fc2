package reading

import (
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
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
	if err := forgesource.Decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	if settings.URL == "" {
		settings.URL = defaultURL
	}
	var c connection
	var err error
	if c.url, err = api.CheckURL(settings.URL); err != nil {
		return connection{}, err
	}
	if c.token, err = forgesource.Token(config, "access_token"); err != nil {
		return connection{}, err
	}
	c.caFile, err = forgesource.File(config, settings.CAFile)
	return c, err
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
	if err := forgesource.Decode(repo.Settings, &settings); err != nil {
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
		return choice{}, forgesource.Unfit("source_full_path", settings.FullPath, hint)
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
		if !forgesource.IsName(part, 255) {
			return false
		}
	}
	return len(s) <= 2000
}
