package tfvctest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// descriptions are the vendor's descriptions of the interface.
//
//go:embed spec/*.json
var descriptions embed.FS

// contract is what the vendor says of requests and answers.
type contract struct {
	operations []operation
	schemas    map[string]*shape // by reference
}

type operation struct {
	Method string
	Path   []string // parts; "{name}" stands for any
	Query  map[string]bool
	Body   *shape
	Answer map[string]*shape // by media type
}

// shape is the part of a schema that is checked.
type shape struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Properties map[string]*shape `json:"properties"`
	Items      *shape            `json:"items"`
	AllOf      []*shape          `json:"allOf"`
	AnyOf      []*shape          `json:"anyOf"`
	Enum       []string          `json:"enum"`
	Required   []string          `json:"required"`
	Nullable   bool              `json:"nullable"`
}

type document struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Ref  string `json:"$ref"`
			Name string `json:"name"`
			In   string `json:"in"`
		} `json:"parameters"`
		RequestBody struct {
			Content map[string]media `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Content map[string]media `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*shape `json:"schemas"`
	} `json:"components"`
}

type media struct {
	Schema *shape `json:"schema"`
}

func readContract() (*contract, error) {
	c := &contract{schemas: map[string]*shape{}}
	for _, name := range []string{"tfvc-7.1.json", "core-7.1.json"} {
		data, err := descriptions.ReadFile("spec/" + name)
		if err != nil {
			return nil, err
		}
		var d document
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for schema, s := range d.Components.Schemas {
			c.schemas["#/components/schemas/"+schema] = s
		}
		for path, methods := range d.Paths {
			for method, of := range methods {
				o := operation{Method: strings.ToUpper(method), Path: strings.Split(strings.Trim(path, "/"), "/"), Query: map[string]bool{"api-version": true}}
				for _, p := range of.Parameters {
					if p.In == "query" {
						o.Query[p.Name] = true
					}
				}
				o.Body = of.RequestBody.Content["application/json"].Schema
				o.Answer = map[string]*shape{}
				for kind, m := range of.Responses["200"].Content {
					o.Answer[kind] = m.Schema
				}
				c.operations = append(c.operations, o)
			}
		}
	}
	return c, nil
}

// operation finds what a request asks for, and the parameters in its path.
func (c *contract) operation(method string, path []string) (*operation, map[string]string) {
	for i := range c.operations {
		o := &c.operations[i]
		if o.Method != method || len(o.Path) != len(path) {
			continue
		}
		named, same := map[string]string{}, true
		for k, part := range o.Path {
			if strings.HasPrefix(part, "{") {
				named[strings.Trim(part, "{}")] = path[k]
			} else if !strings.EqualFold(part, path[k]) {
				same = false
				break
			}
		}
		if same {
			return o, named
		}
	}
	return nil, nil
}

// checkRequest refuses parameters and members that are not described.
func (c *contract) checkRequest(o *operation, r *http.Request, body []byte) error {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !o.Query[name] {
			return fmt.Errorf("the parameter %q is not described", name)
		}
	}
	if r.URL.Query().Get("api-version") == "" {
		return fmt.Errorf("there is no api-version")
	}
	if o.Body == nil {
		return nil
	}
	return c.checkJSON(o.Body, body)
}

// checkAnswer refuses what the description does not say.
func (c *contract) checkAnswer(o *operation, kind string, body []byte) error {
	s, ok := o.Answer[kind]
	if !ok {
		return fmt.Errorf("an answer of type %q is not described", kind)
	}
	if kind != "application/json" {
		return nil
	}
	return c.checkJSON(s, body)
}

func (c *contract) checkJSON(s *shape, data []byte) error {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	return c.check(s, v, "")
}

// check compares a value with a schema.
func (c *contract) check(s *shape, v any, at string) error {
	if v == nil {
		return nil // everything is nullable
	}
	if len(s.AnyOf) > 0 {
		var last error
		for _, option := range s.AnyOf {
			if last = c.check(option, v, at); last == nil {
				return nil
			}
		}
		return last
	}
	switch v := v.(type) {
	case map[string]any:
		return c.checkObject(s, v, at)
	case []any:
		s = c.resolve(s)
		if s.Type != "array" {
			return fmt.Errorf("%s is a list", at)
		}
		for i, e := range v {
			if err := c.check(s.Items, e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	}
	return c.checkScalar(c.resolve(s), v, at)
}

func (c *contract) checkScalar(s *shape, v any, at string) error {
	is := ""
	switch v := v.(type) {
	case string:
		is = "string"
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			return fmt.Errorf("%s is %q, which is not one of %v", at, v, s.Enum)
		}
	case bool:
		is = "boolean"
	case json.Number:
		is = "number"
		if !strings.ContainsAny(v.String(), ".eE") && s.Type == "integer" {
			is = "integer"
		}
	}
	if s.Type != is && s.Type != "" {
		return fmt.Errorf("%s is a %s, and a %s is described", at, is, s.Type)
	}
	return nil
}

func (c *contract) checkObject(s *shape, v map[string]any, at string) error {
	known := map[string]*shape{}
	var required []string
	c.gather(s, known, &required)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		member := known[name]
		if member == nil {
			return fmt.Errorf("the member %s.%s is not described", at, name)
		}
		if err := c.check(member, v[name], at+"."+name); err != nil {
			return err
		}
	}
	for _, name := range required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no member %s", at, name)
		}
	}
	return nil
}

// gather collects the members of a schema and of those that it is made of.
func (c *contract) gather(s *shape, known map[string]*shape, required *[]string) {
	s = c.deref(s)
	for _, part := range s.AllOf {
		c.gather(part, known, required)
	}
	maps.Copy(known, s.Properties)
	*required = append(*required, s.Required...)
}

func (c *contract) deref(s *shape) *shape {
	for s.Ref != "" {
		s = c.schemas[s.Ref]
	}
	return s
}

// resolve is deref, also through a schema that only wraps another.
func (c *contract) resolve(s *shape) *shape {
	s = c.deref(s)
	for s.Type == "" && len(s.AllOf) == 1 {
		s = c.deref(s.AllOf[0])
	}
	return s
}
