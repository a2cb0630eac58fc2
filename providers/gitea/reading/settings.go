package reading

import (
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
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
	if err := forgesource.Decode(config.Settings, &settings); err != nil {
		return connection{}, err
	}
	c := connection{pageSize: settings.PageSize}
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
		ID       forgesource.Text `json:"repo_id"`
		FullName string           `json:"repository"`
		PageSize int              `json:"pagination_limit"`
		Stages   struct {
			Attachments bool `json:"attachments_import"`
			Members     bool `json:"collaborators_import"`
		} `json:"optional_stages"`
	}
	if err := forgesource.Decode(repo.Settings, &settings); err != nil {
		return choice{}, err
	}
	c := choice{pageSize: settings.PageSize, attachments: settings.Stages.Attachments, members: settings.Stages.Members}
	switch {
	case settings.ID != "":
		id, err := strconv.ParseInt(string(settings.ID), 10, 64)
		if err != nil || id <= 0 {
			return choice{}, forgesource.Unfit("repo_id", string(settings.ID), `write the number that the REST interface tells, or set repository = "OWNER/NAME" instead`)
		}
		c.id = id
	case settings.FullName != "":
		var ok bool
		if c.name, ok = splitName(settings.FullName); !ok {
			return choice{}, forgesource.Unfit("repository", settings.FullName, `write OWNER/NAME, such as "acme/widget"`)
		}
	default:
		return choice{}, &providers.Error{Code: providers.CodeInvalid, Message: "neither repository nor repo_id is set", Hint: "set one of them", Attribute: "repository"}
	}
	if id, err := forgesource.Number(repo.Identity); err != nil || id != 0 {
		c.id = id
		return c, err
	}
	return c, nil
}

// splitName takes OWNER/NAME apart.
func splitName(full string) (api.Repo, bool) {
	owner, name, ok := strings.Cut(full, "/")
	return api.Repo{Owner: owner, Name: name}, ok && isName(owner) && isName(name)
}

// isName reports whether s could be the name of an account or a repository, and
// is nothing that a path would take for something else.
func isName(s string) bool {
	return forgesource.IsName(s, 100)
}
