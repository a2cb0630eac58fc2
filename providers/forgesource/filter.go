package forgesource

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// The values of the attributes archived and forks.
const (
	Include = "include"
	Exclude = "exclude"
	Only    = "only"
)

// Whether describes an attribute of those values.
func Whether(name, doc string) schema.Attribute {
	return schema.Attribute{Name: name, Type: schema.TypeString, Default: `"` + Include + `"`, Values: []string{Include, Exclude, Only}, Doc: doc}
}

// Filter is what discover blocks say of the repositories that are wanted. A forge
// describes those of the attributes that it can tell. Whose they are is for the forge
// to look up.
type Filter struct {
	Owner       string   `json:"owner"`
	Topics      []string `json:"topics"`
	Visibility  string   `json:"visibility"`
	Archived    string   `json:"archived"`
	Forks       string   `json:"forks"`
	PushedSince string   `json:"pushed_since"`

	since time.Time
}

// ReadFilter reads the settings of a discover block.
func ReadFilter(settings json.RawMessage) (Filter, error) {
	var f Filter
	if err := Decode(settings, &f); err != nil || f.PushedSince == "" {
		return f, err
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, f.PushedSince); err == nil {
			f.since = t
			return f, nil
		}
	}
	return f, Unfit("pushed_since", f.PushedSince, `write a day such as "2024-01-31", or a moment such as "2024-01-31T12:00:00Z"`)
}

// Takes reports whether an item is wanted.
func (f Filter) Takes(item *schema.Found) bool {
	switch {
	case f.Visibility != "" && f.Visibility != item.Visibility,
		f.Archived == Exclude && item.Archived, f.Archived == Only && !item.Archived,
		f.Forks == Exclude && item.Fork, f.Forks == Only && !item.Fork,
		item.PushedAt.Before(f.since):
		return false
	}
	for _, topic := range f.Topics {
		if !slices.ContainsFunc(item.Topics, func(t string) bool { return strings.EqualFold(t, topic) }) {
			return false
		}
	}
	return true
}
