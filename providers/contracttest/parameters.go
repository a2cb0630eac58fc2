package contracttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkQueryNames refuses query parameters that nobody described.
func (c *Contract) checkQueryNames(p *problems, op *operation, r *http.Request) {
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		described := op.parameters.GetByInAndName(openapi3.ParameterInQuery, name) != nil ||
			op.parameters.GetByInAndName(openapi3.ParameterInQuery, name+"[]") != nil ||
			c.secrets[name] || c.general.query[name] || op.exceptions.query[name]
		if !described {
			p.add("query parameter "+name, "is not described")
		}
	}
}

// checkParameters compares the parameters of a request with their schemas.
func checkParameters(p *problems, op *operation, r *http.Request, path map[string]string) {
	query := r.URL.Query()
	for _, ref := range op.parameters {
		d := ref.Value
		place, texts := d.In+" parameter "+d.Name, []string(nil)
		switch d.In {
		case openapi3.ParameterInPath:
			texts = []string{path[d.Name]}
		case openapi3.ParameterInQuery:
			texts = query[d.Name]
		case openapi3.ParameterInHeader:
			texts = r.Header.Values(d.Name)
		default:
			continue
		}
		if len(texts) == 0 {
			if d.Required {
				p.add(place, "is required")
			}
			continue
		}
		if d.Schema == nil || d.Schema.Value == nil {
			continue
		}
		value, err := parameterValue(d, texts)
		if err != nil {
			p.add(place, "%v", err)
			continue
		}
		if err := d.Schema.Value.VisitJSON(value, visitOptions(true)...); err != nil {
			for _, f := range findings(err) {
				p.add(place+f.at, "%s", f.reason)
			}
		}
	}
}

// parameterValue reads the text of a parameter as a JSON value of its type.
func parameterValue(d *openapi3.Parameter, texts []string) (any, error) {
	s := d.Schema.Value
	if s.Type.Is(openapi3.TypeArray) {
		if how, err := d.SerializationMethod(); err == nil && !how.Explode || d.In == openapi3.ParameterInHeader {
			texts = strings.Split(strings.Join(texts, ","), ",")
		}
		list := make([]any, 0, len(texts))
		for _, t := range texts {
			v, err := scalar(s.Items, t)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	if len(texts) > 1 {
		return nil, fmt.Errorf("is given %d times", len(texts))
	}
	return scalar(d.Schema, texts[0])
}

// scalar reads a text as the simplest type that its schema allows.
func scalar(ref *openapi3.SchemaRef, text string) (any, error) {
	if ref == nil || ref.Value == nil {
		return text, nil
	}
	s := ref.Value
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		for _, option := range alternatives {
			if v, err := scalar(option, text); err == nil && option.Value.VisitJSON(v, visitOptions(true)...) == nil {
				return v, nil
			}
		}
	}
	switch {
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return n, nil
	case s.Type.Is(openapi3.TypeBoolean):
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return text == "true", nil
	}
	return text, nil
}
