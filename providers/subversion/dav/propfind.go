package dav

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/remote"
)

// Properties that tell where things are. A name is a namespace, a space, and a
// name within that.
const (
	propCheckedIn    = nsDAV + " checked-in"
	propConfigured   = nsDAV + " version-controlled-configuration"
	propVersionName  = nsDAV + " version-name"
	propResourceType = nsDAV + " resourcetype"
	propRelativePath = nsSvnDAV + " baseline-relative-path"
	propUUID         = nsSvnDAV + " repository-uuid"
)

// propfind asks for properties of one resource; for all it has without names.
// What it does not have is not in the result. Of a property that holds an
// address the value is that; of one that holds another element, the name of
// that.
func (c *client) propfind(ctx context.Context, path string, names ...string) (map[string][]byte, error) {
	asked := "<allprop/>"
	if len(names) > 0 {
		asked = "<prop>"
		for _, n := range names {
			space, local, _ := strings.Cut(n, " ")
			asked += `<` + local + ` xmlns="` + space + `"/>`
		}
		asked += "</prop>"
	}
	body := `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:">` + asked + `</propfind>`
	a, err := c.send(ctx, request{method: "PROPFIND", path: remote.EscapePath(path), depth: "0", body: body})
	if err != nil {
		return nil, err
	}
	defer a.body.Close()
	p := newParser(a.body)
	props, err := p.multistatus()
	return props, failure(p, err)
}

// multistatus reads an answer about one resource.
func (p *parser) multistatus() (map[string][]byte, error) {
	if err := p.document(nsDAV, "multistatus"); err != nil {
		return nil, err
	}
	props := map[string][]byte{}
	var budget remote.Budget
	for p.child() {
		if !p.is(nsDAV, "response") {
			p.skip()
			continue
		}
		for p.child() {
			if !p.is(nsDAV, "propstat") {
				p.skip()
				continue
			}
			p.propstat(props, &budget)
		}
	}
	return props, p.err
}

// propstat reads properties that have the same status, and keeps those that
// the resource has.
func (p *parser) propstat(props map[string][]byte, budget *remote.Budget) {
	found, status := map[string][]byte{}, ""
	for p.child() {
		switch {
		case p.is(nsDAV, "prop"):
			for p.child() {
				n := p.element.space + " " + p.element.name
				found[n] = p.prop()
				if err := budget.Reserve(len(n) + len(found[n])); err != nil {
					p.fail("%v", err)
				}
			}
		case p.is(nsDAV, "status"):
			status = string(p.value(maxSaid))
		default:
			p.skip()
		}
	}
	if p.err != nil || !strings.Contains(status, " 200") {
		return
	}
	for n, value := range found {
		props[n] = value
	}
}

// prop reads the value of a property.
func (p *parser) prop() []byte {
	encoded := p.encoded()
	w := limited{limit: 2 * remote.MaxProp, data: []byte{}}
	var nested []byte
	err := p.mixed(&w, func() {
		if nested = []byte(p.element.name); p.is(nsDAV, "href") {
			nested = p.value(maxAttribute)
			return
		}
		p.skip()
	})
	switch {
	case err != nil:
		p.fail("%v", err)
	case nested != nil:
		return nested
	case encoded:
		return p.decode(w.data)
	}
	return w.data
}

// encoded reports whether the text of the element that was entered last is in
// base64.
func (p *parser) encoded() bool { return p.element.attribute("encoding") == "base64" }

// decode returns the bytes that base64 stands for.
func (p *parser) decode(text []byte) []byte {
	value, err := base64.StdEncoding.AppendDecode([]byte{}, bytes.Join(bytes.Fields(text), nil))
	if err != nil {
		p.fail("a value that is not base64")
	}
	return value
}
