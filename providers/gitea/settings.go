package gitea

import (
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// connection is the settings of a source or target block.
type connection struct {
	URL    string `json:"url"`
	CAFile string `json:"ca_file"`
}

func connectionSettings() schema.Attributes {
	return schema.Attributes{
		{Name: "url", Type: schema.TypeString, Required: true, Identifies: true, OnChange: schema.EffectNewTarget,
			Doc: "The address of the server as a browser shows it, such as https://gitea.example.com."},
		{Name: "access_token", Type: schema.TypeString, Required: true, Secret: true,
			Doc: "An access token. That of an administrator lets people write in their own names."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust instead of the system's; relative to the plan."},
	}
}

func readConnection(config providers.Config) (connection, error) {
	var c connection
	err := forgesource.Decode(config.Settings, &c)
	if err != nil {
		return c, err
	}
	c.CAFile, err = forgesource.File(config, c.CAFile)
	return c, err
}

// placement is the settings of a repository block that are the target's.
type placement struct {
	Visibility string `json:"visibility"`  // source, private, public
	NumberGaps string `json:"number_gaps"` // reproduce, placeholder, renumber
	Notify     bool   `json:"notify"`
	Actions    bool   `json:"actions"`
	LFS        bool   `json:"lfs"`

	// known says that a plan told the settings; otherwise they are defaults.
	known bool
}

const (
	visibilitySource  = "source"
	visibilityPrivate = "private"
	visibilityPublic  = "public"

	gapsReproduce   = "reproduce"
	gapsPlaceholder = "placeholder"
	gapsRenumber    = "renumber"
)

func placementSettings() schema.Attributes {
	return schema.Attributes{
		{Name: "visibility", Type: schema.TypeString, Default: `"source"`, Values: []string{visibilitySource, visibilityPrivate, visibilityPublic}, OnChange: schema.EffectResync,
			Doc: "Who may see the repository. \"source\" keeps what the source has, with internal as private; it is never wider than that unless \"public\" is written here."},
		{Name: "number_gaps", Type: schema.TypeString, Default: `"reproduce"`, Values: []string{gapsReproduce, gapsPlaceholder, gapsRenumber}, OnChange: schema.EffectResync,
			Doc: "What becomes of numbers that nothing stands under at the source. \"reproduce\" leaves them empty here too, \"placeholder\" puts a closed issue there that says so, \"renumber\" does not keep numbers."},
		{Name: "notify", Type: schema.TypeBool, Default: "false", OnChange: schema.EffectNone,
			Doc: "Whether people may be told of what is migrated. Otherwise assignments and requests for review that would notify somebody are told in the text."},
		{Name: "actions", Type: schema.TypeBool, Default: "false", OnChange: schema.EffectResync,
			Doc: "Whether workflows are switched on once everything is there. They are off while a migration runs."},
		{Name: "lfs", Type: schema.TypeBool, Default: "true", OnChange: schema.EffectResync,
			Doc: "Whether Git LFS objects are uploaded."},
	}
}

func readPlacement(raw json.RawMessage) (placement, error) {
	p := placement{Visibility: visibilitySource, NumberGaps: gapsReproduce, LFS: true}
	err := forgesource.Decode(raw, &p)
	p.known = err == nil && len(raw) > 0
	return p, err
}

// private reports whether a repository that the source says is of a visibility
// is to be private.
func (p placement) private(atSource string) bool {
	switch p.Visibility {
	case visibilityPrivate:
		return true
	case visibilityPublic:
		return false
	}
	return atSource != visibilityPublic
}
