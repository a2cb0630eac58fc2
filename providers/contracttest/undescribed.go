package contracttest

import (
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// flat is what a schema says of members and elements, with all the schemas that
// it is made of.
type flat struct {
	members map[string][]*openapi3.Schema
	others  []*openapi3.Schema // of members that have no description of their own
	items   []*openapi3.Schema
	open    bool // anything may be a member
}

// flattener remembers the flat form of schemas: they are compared a thousand
// times in a test run.
type flattener struct {
	known sync.Map // *openapi3.Schema to *flat
}

// place is where a value has a member that nobody described.
type place struct {
	path string
	name string
}

// undescribed lists the members of a value that its schema does not have, up to
// the number that is reported. An alternative (oneOf, anyOf) describes a member when
// one of its options does: whether the options are mixed is not judged here.
func (c *Contract) undescribed(s *openapi3.Schema, value any) []place {
	var found []place
	c.flatness.walk([]*openapi3.Schema{s}, value, "", &found)
	return found
}

func (f *flattener) walk(schemas []*openapi3.Schema, value any, at string, found *[]place) {
	if len(*found) > maxProblems {
		return
	}
	switch v := value.(type) {
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			items = append(items, f.flat(s).items...)
		}
		if len(items) == 0 {
			return
		}
		for i, e := range v {
			f.walk(items, e, at+"["+strconv.Itoa(i)+"]", found)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner, known := f.member(schemas, name)
			if !known {
				*found = append(*found, place{path: at + "." + name, name: name})
				continue
			}
			if len(inner) > 0 {
				f.walk(inner, v[name], at+"."+name, found)
			}
		}
	}
}

// member returns the schemas of a member, and whether it may occur at all. What
// may be anything has no schemas.
func (f *flattener) member(schemas []*openapi3.Schema, name string) (inner []*openapi3.Schema, known bool) {
	for _, s := range schemas {
		d := f.flat(s)
		if own, ok := d.members[name]; ok {
			inner, known = append(inner, own...), true
			continue
		}
		if len(d.others) > 0 {
			inner, known = append(inner, d.others...), true
		}
		known = known || d.open
	}
	return inner, known
}

func (f *flattener) flat(s *openapi3.Schema) *flat {
	if d, ok := f.known.Load(s); ok {
		return d.(*flat)
	}
	d := &flat{members: map[string][]*openapi3.Schema{}}
	gatherFlat(s, d, map[*openapi3.Schema]bool{})
	if len(d.members) == 0 && len(d.others) == 0 && s.AdditionalProperties.Has == nil {
		d.open = true // an object of which nothing is said
	}
	f.known.Store(s, d)
	return d
}

func gatherFlat(s *openapi3.Schema, d *flat, seen map[*openapi3.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for name, p := range s.Properties {
		d.members[name] = append(d.members[name], p.Value)
	}
	if a := s.AdditionalProperties; a.Schema != nil && a.Schema.Value != nil {
		d.others = append(d.others, a.Schema.Value)
	} else if a.Has != nil && *a.Has {
		d.open = true
	}
	if s.Items != nil {
		d.items = append(d.items, s.Items.Value)
	}
	for _, part := range s.AllOf {
		gatherFlat(part.Value, d, seen)
	}
	for _, options := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf} {
		for _, option := range options {
			d.open = d.open || anyObject(option.Value)
			gatherFlat(option.Value, d, seen)
		}
	}
}

// anyObject says whether a schema is an object of which nothing is said.
func anyObject(s *openapi3.Schema) bool {
	return s.Type.Is(openapi3.TypeObject) && len(s.Properties) == 0 && len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) == 0 &&
		s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil
}
