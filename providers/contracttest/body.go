package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// body is the content of a request or an answer and what is described for it.
type body struct {
	place   string
	header  http.Header
	data    []byte
	content openapi3.Content
	request bool
}

func (c *Contract) checkBody(p *problems, op *operation, b body) {
	kind := b.header.Get("Content-Type")
	if kind == "" {
		p.add(b.place, "has no Content-Type")
		return
	}
	media, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		p.add(b.place, "the Content-Type %q cannot be read", kind)
		return
	}
	described := b.content.Get(media)
	if described == nil {
		if !op.exceptions.types[media] && !c.general.types[media] {
			p.add(b.place, "the Content-Type %q is not described; it is one of %s", media, strings.Join(slices.Sorted(maps.Keys(b.content)), ", "))
		}
		return
	}
	if described.Schema == nil || described.Schema.Value == nil {
		return
	}
	switch {
	case isJSON(media):
		c.checkJSON(p, op, described.Schema, b)
	case media == "multipart/form-data":
		fields, err := multipartFields(b.data, parameters["boundary"])
		if err != nil {
			p.add(b.place, "%v", err)
			return
		}
		checkFields(p, b.place, described.Schema.Value, fields)
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(b.data))
		if err != nil {
			p.add(b.place, "is not a form: %v", err)
			return
		}
		checkFields(p, b.place, described.Schema.Value, form)
	}
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

func (c *Contract) checkJSON(p *problems, op *operation, schema *openapi3.SchemaRef, b body) {
	var value any
	if err := decode(b.data, &value); err != nil {
		p.add(b.place, "is not JSON: %v", err)
		return
	}
	if value == nil && !b.request && (op.exceptions.null || c.general.null) {
		return
	}
	for _, at := range c.undescribed(schema.Value, value) {
		if !op.exceptions.members[at.name] && !c.general.members[at.name] {
			p.add(b.place+" "+at.path, "is not described")
		}
	}
	if err := schema.Value.VisitJSON(value, visitOptions(b.request)...); err != nil {
		for _, f := range findings(err) {
			if f.missing == "" || !op.exceptions.absent[f.missing] && !c.general.absent[f.missing] {
				p.add(strings.TrimSpace(b.place+" "+f.at), "%s", f.reason)
			}
		}
	}
}

// decode reads one JSON value and nothing behind it.
func decode(data []byte, into *any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more behind the value")
	}
	return nil
}

// multipartFields reads the names and, of what is no file, the values of a form.
func multipartFields(data []byte, boundary string) (map[string][]string, error) {
	if boundary == "" {
		return nil, errors.New("the Content-Type has no boundary")
	}
	fields := map[string][]string{}
	for r := multipart.NewReader(bytes.NewReader(data), boundary); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, fmt.Errorf("is not a form: %w", err)
		}
		text := ""
		if part.FileName() == "" {
			content, err := io.ReadAll(part)
			if err != nil {
				return nil, fmt.Errorf("the part %q cannot be read: %w", part.FormName(), err)
			}
			text = string(content)
		}
		fields[part.FormName()] = append(fields[part.FormName()], text)
	}
}

// checkFields compares a form with the schema of an object.
func checkFields(p *problems, place string, s *openapi3.Schema, fields map[string][]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := place + " ." + name
		d := s.Properties[name]
		if d == nil {
			p.add(at, "is not described")
			continue
		}
		for _, text := range fields[name] {
			if d.Value == nil || d.Value.Type.Is(openapi3.TypeObject) || d.Value.Type.Is(openapi3.TypeArray) || d.Value.Format == "binary" {
				continue
			}
			value, err := scalar(d, text)
			if err != nil {
				p.add(at, "%v", err)
				continue
			}
			if err := d.Value.VisitJSON(value, visitOptions(true)...); err != nil {
				for _, f := range findings(err) {
					p.add(at, "%s", f.reason)
				}
			}
		}
	}
	for _, name := range s.Required {
		if len(fields[name]) == 0 {
			p.add(place+" ."+name, "is required")
		}
	}
}
