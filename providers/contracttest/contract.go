package contracttest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Options adapt a description to the server that it describes.
type Options struct {
	// Slashes names path parameters whose values may hold slashes: the path of
	// a file, the name of a branch.
	Slashes []string

	// Prefix stands in front of the paths of the description, such as
	// "/api/v1". Empty: as the description's first server says.
	Prefix string

	// Exceptions are the differences between the description and the real
	// server.
	Exceptions []Exception
}

// Exception says where the real server differs from its description.
type Exception struct {
	// Operation is a method and a path as the description writes it, such as
	// "POST /repos/{owner}/{repo}/tags"; "*" is every operation.
	Operation string

	Status  int      // is answered too
	As      int      // its body is the one described for this status; 0: the body is not described
	Type    string   // is a media type of requests and answers too; such bodies are not compared
	Query   []string // are query parameters too
	Members []string // may occur in JSON bodies too, in every object
	Absent  []string // may be missing although they are required, in every object
	Null    bool     // answers may be null

	Why string // for the reader
}

// Contract is a description that exchanges are checked against. It is safe for
// concurrent use.
type Contract struct {
	routes   *node
	prefix   string
	general  exceptions      // of every operation
	secrets  map[string]bool // query parameters that carry credentials
	flatness flattener
}

// operation is one method at one path.
type operation struct {
	name       string // as problems call it: "GET /version"
	parameters openapi3.Parameters
	body       *openapi3.RequestBody // nil: none
	responses  *openapi3.Responses
	exceptions exceptions
}

// exceptions are the Exceptions of one operation, gathered.
type exceptions struct {
	statuses map[int]int
	types    map[string]bool
	query    map[string]bool
	members  map[string]bool
	absent   map[string]bool
	null     bool
}

// Load reads a description, which is JSON or YAML and may be packed. It takes a fraction of a second
// for a large one: tests load it once.
func Load(description []byte, o Options) (*Contract, error) {
	description, err := Unpack(description)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("read the API description: %w", err)
	}
	c := &Contract{prefix: o.Prefix, routes: &node{}, general: gather(o.Exceptions, "*"), secrets: map[string]bool{}}
	if c.prefix == "" && len(doc.Servers) > 0 {
		c.prefix = strings.TrimSuffix(doc.Servers[0].URL, "/")
	}
	if doc.Components != nil {
		for _, s := range doc.Components.SecuritySchemes {
			if s.Value != nil && s.Value.In == openapi3.ParameterInQuery {
				c.secrets[s.Value.Name] = true
			}
		}
	}
	slashes := set(o.Slashes)
	names := map[string]bool{"*": true}
	for path, item := range doc.Paths.Map() {
		n, err := c.routes.add(path, slashes)
		if err != nil {
			return nil, err
		}
		for method, described := range item.Operations() {
			op := newOperation(method+" "+path, item, described)
			op.exceptions = gather(o.Exceptions, op.name)
			names[op.name] = true
			if n.operations == nil {
				n.operations = map[string]*operation{}
			}
			n.operations[method] = op
		}
	}
	for _, e := range o.Exceptions {
		if !names[e.Operation] {
			return nil, fmt.Errorf("an exception names the operation %q, which the description does not have", e.Operation)
		}
	}
	return c, nil
}

func newOperation(name string, item *openapi3.PathItem, described *openapi3.Operation) *operation {
	op := &operation{name: name, responses: described.Responses}
	op.parameters = append(op.parameters, described.Parameters...)
	for _, p := range item.Parameters {
		if op.parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			op.parameters = append(op.parameters, p)
		}
	}
	if described.RequestBody != nil {
		op.body = described.RequestBody.Value
	}
	return op
}

// Match tells which operation a request asks for, by its method and its path as the
// description writes it ("GET /repos/{owner}/{repo}"), and the values in its path.
func (c *Contract) Match(r *http.Request) (operation string, values map[string]string, ok bool) {
	op, values, _ := c.find(r)
	if op == nil {
		return "", nil, false
	}
	return op.name, values, true
}

// find returns the operation that a request asks for and the values in its path.
func (c *Contract) find(r *http.Request) (*operation, map[string]string, string) {
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), c.prefix)
	if !ok {
		return nil, nil, "is not below " + c.prefix
	}
	n, values := c.routes.match(escaped)
	if n == nil {
		return nil, nil, "no such path is described"
	}
	op := n.operations[r.Method]
	if op == nil && r.Method == http.MethodHead {
		op = n.operations[http.MethodGet]
	}
	if op == nil {
		return nil, nil, "this method is not described for the path"
	}
	return op, values, ""
}

func gather(all []Exception, operation string) exceptions {
	e := exceptions{statuses: map[int]int{}, types: map[string]bool{}, query: map[string]bool{}, members: map[string]bool{}, absent: map[string]bool{}}
	for _, x := range all {
		if x.Operation != operation {
			continue
		}
		if x.Status != 0 {
			e.statuses[x.Status] = x.As
		}
		e.null = e.null || x.Null
		if x.Type != "" {
			e.types[x.Type] = true
		}
		for _, name := range x.Query {
			e.query[name] = true
		}
		for _, name := range x.Members {
			e.members[name] = true
		}
		for _, name := range x.Absent {
			e.absent[name] = true
		}
	}
	return e
}

func set(names []string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
