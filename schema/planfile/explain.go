package planfile

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// Setting is one effective setting of a resource.
type Setting struct {
	Name string // dotted: optional_stages.attachments_import

	// Value is its JSON, or secret.NAME for a credential.
	Value string

	// Origin is the level that set it. A default has the level "default" and no
	// place.
	Origin schema.Origin
}

// Explain lists the effective settings of the resource at an address and where
// each comes from: first what was asked of Drover, then of the providers, then
// the settings of the two connections, under the addresses of their blocks.
// Within each part the order is that of the names. The Migration must come from
// Load: one that went through JSON has lost its origins.
func Explain(m *schema.Migration, a schema.Address) ([]Setting, error) {
	var found *schema.Resource
	var known []string
	for i := range m.Resources {
		if m.Resources[i].Address == a {
			found = &m.Resources[i]
			break
		}
		known = append(known, string(m.Resources[i].Address))
	}
	if found == nil {
		name := schema.Printable(string(a))
		if why := m.Partial[a.Block()]; why != "" {
			return nil, fmt.Errorf("the plan has no %s that is known now: %s", name, why)
		}
		if near := schema.Nearest(string(a), known); near != "" {
			return nil, fmt.Errorf("the plan has no %s; did you mean %s?", name, schema.Printable(near))
		}
		return nil, fmt.Errorf("the plan has no %s; drover plan --full lists its resources", name)
	}
	out, err := explainResource(found)
	if err != nil {
		return nil, err
	}
	for _, c := range []schema.Connection{m.Sources[found.Source], m.Targets[found.Target]} {
		more, err := explainConnection(c)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func explainResource(r *schema.Resource) ([]Setting, error) {
	own := struct {
		Source    string            `json:"source"`
		Target    string            `json:"target"`
		Method    string            `json:"method,omitempty"`
		Namespace string            `json:"target_namespace"`
		Name      string            `json:"new_name,omitempty"`
		Authors   string            `json:"authors,omitempty"`
		Mentions  string            `json:"mentions,omitempty"`
		OverLimit string            `json:"over_file_limit,omitempty"`
		Items     schema.Items      `json:"items,omitzero"`
		Large     schema.LargeFiles `json:"large_files,omitzero"`
		Timeouts  schema.Timeouts   `json:"timeouts,omitzero"`
		Lifecycle schema.Lifecycle  `json:"lifecycle"`
		DependsOn []schema.Address  `json:"depends_on,omitempty"`
	}{r.Source, r.Target, r.Method, r.Namespace, r.Name, r.Authors, r.Mentions, r.OverFileLimit, r.Items, r.LargeFiles, r.Timeouts, r.Lifecycle, r.DependsOn}
	raw, err := json.Marshal(own)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", r.Address, err)
	}
	origin := func(name string) (schema.Origin, bool) {
		o, ok := r.Origins[name]
		return o, ok
	}
	out, err := flatten(raw, "", origin)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", r.Address, err)
	}
	for _, part := range []json.RawMessage{r.Settings, r.Placement} {
		more, err := flatten(part, "", origin)
		if err != nil {
			return nil, fmt.Errorf("explain %s: %w", r.Address, err)
		}
		out = append(out, more...)
	}
	return out, nil
}

func explainConnection(c schema.Connection) ([]Setting, error) {
	kind, _, _ := strings.Cut(c.Address, ".")
	_, name, _ := strings.Cut(strings.TrimPrefix(c.Address, kind+"."), ".")
	level := fmt.Sprintf("%s %q %q", kind, c.Provider, name)
	fields := make(map[string]json.RawMessage)
	if err := json.Unmarshal(c.Settings, &fields); err != nil {
		return nil, fmt.Errorf("explain %s: %w", c.Address, err)
	}
	if c.Method != "" {
		fields["method"], _ = json.Marshal(c.Method)
	}
	if c.MissingNamespace != "" {
		fields["missing_namespace"], _ = json.Marshal(c.MissingNamespace)
	}
	for attr, secret := range c.Secrets {
		fields[attr], _ = json.Marshal("secret." + secret)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", c.Address, err)
	}
	out, err := flatten(raw, c.Address+".", func(name string) (schema.Origin, bool) {
		at, ok := c.Origins[strings.TrimPrefix(name, c.Address+".")]
		return schema.Origin{Level: level, Range: at}, ok
	})
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", c.Address, err)
	}
	for i, s := range out {
		if secret, ok := c.Secrets[strings.TrimPrefix(s.Name, c.Address+".")]; ok {
			out[i].Value = "secret." + secret
		}
	}
	return out, nil
}

// flatten lists the fields of an object by name. A field that is an object is
// taken apart where its parts have origins of their own; a map that was written
// as one value stays one.
func flatten(raw json.RawMessage, prefix string, origin func(string) (schema.Origin, bool)) ([]Setting, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	var out []Setting
	for _, name := range sortedKeys(fields) {
		full := prefix + name
		o, written := origin(full)
		if !written && strings.HasPrefix(string(fields[name]), "{") {
			inner, err := flatten(fields[name], full+".", origin)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
			continue
		}
		if !written {
			o = schema.Origin{Level: "default"}
		}
		out = append(out, Setting{Name: full, Value: string(fields[name]), Origin: o})
	}
	return out, nil
}
