package gitlab

import (
	"cmp"
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

const defaultURL = "https://gitlab.com"

// connection is the settings of a source or target block.
type connection struct {
	URL    string `json:"url"`
	CAFile string `json:"ca_file"`
}

func connectionSettings() schema.Attributes {
	return schema.Attributes{
		{Name: "url", Type: schema.TypeString, Default: `"` + defaultURL + `"`, Identifies: true, OnChange: schema.EffectNewTarget,
			Doc: "The address of the server as a browser shows it, such as https://gitlab.example.com."},
		{Name: "access_token", Type: schema.TypeString, Required: true, Secret: true,
			Doc: "A personal, group or project access token with the scope api."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust instead of the system's; relative to the plan."},
	}
}

// targetSettings names one more setting, which the engine reads: it keeps the number
// of imports that run.
func targetSettings() schema.Attributes {
	return append(connectionSettings(), schema.Attribute{
		Name: "concurrent_imports", Type: schema.TypeNumber, Default: "5", Min: new(int64(1)), Max: new(int64(1000)),
		Doc: "How many imports the server may run for Drover at a time, with method = \"import_api\"."})
}

func readConnection(config providers.Config) (connection, error) {
	var c connection
	err := forgesource.Decode(config.Settings, &c)
	if err != nil {
		return c, err
	}
	c.URL = cmp.Or(c.URL, defaultURL)
	c.CAFile, err = forgesource.File(config, c.CAFile)
	return c, err
}

// placement is the settings of a repository block that are the target's.
type placement struct {
	Visibility string `json:"visibility"`  // source, private, internal, public
	NumberGaps string `json:"number_gaps"` // reproduce, placeholder, renumber
	LFS        bool   `json:"lfs"`

	// known says that a plan told the settings; otherwise they are defaults.
	known bool
}

const (
	visibilitySource   = "source"
	visibilityPrivate  = "private"
	visibilityInternal = "internal"
	visibilityPublic   = "public"

	gapsReproduce   = "reproduce"
	gapsPlaceholder = "placeholder"
	gapsRenumber    = "renumber"
)

func placementSettings() schema.Attributes {
	return schema.Attributes{
		{Name: "visibility", Type: schema.TypeString, Default: `"source"`, Values: []string{visibilitySource, visibilityPrivate, visibilityInternal, visibilityPublic}, OnChange: schema.EffectResync,
			Doc: "Who may see the project. \"source\" keeps what the source has; it is never wider than that unless it is written here, and never wider than the group."},
		{Name: "number_gaps", Type: schema.TypeString, Default: `"reproduce"`, Values: []string{gapsReproduce, gapsPlaceholder, gapsRenumber}, OnChange: schema.EffectResync,
			Doc: "What becomes of numbers that no merge request has at the source. \"reproduce\" leaves them empty here too, \"placeholder\" puts a closed merge request there that says so, \"renumber\" does not keep numbers."},
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

// visibility is what a project is to have whose source has one. A source that
// does not say counts as private.
func (p placement) visibility(atSource string) string {
	switch {
	case p.Visibility != visibilitySource:
		return p.Visibility
	case width(atSource) == 0:
		return visibilityPrivate
	}
	return atSource
}

// width orders visibilities: how many people see a thing. 0 is no visibility.
func width(visibility string) int {
	switch visibility {
	case visibilityPrivate:
		return 1
	case visibilityInternal:
		return 2
	case visibilityPublic:
		return 3
	}
	return 0
}

// narrower is the one of two visibilities that fewer people see. An unknown one
// does not count.
func narrower(a, b string) string {
	if width(b) == 0 || width(a) != 0 && width(a) <= width(b) {
		return a
	}
	return b
}
