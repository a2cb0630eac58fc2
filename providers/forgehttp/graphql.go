package forgehttp

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// GraphQLResource is the limit that GraphQL counts against.
const GraphQLResource = "graphql"

// GraphError is one of the errors that may come beside the data of an answer.
type GraphError struct {
	Type    string `json:"type"` // NOT_FOUND, FORBIDDEN, RATE_LIMITED, ...; not every error has one
	Message string `json:"message"`
	Path    []any  `json:"path"` // the place in the data that is missing: names and indexes
}

// GraphErrors are the errors of an answer that holds data as well.
type GraphErrors []GraphError

// At returns the first of the errors whose path begins with path, or nil.
func (e GraphErrors) At(path ...any) *GraphError {
	for i := range e {
		if len(e[i].Path) >= len(path) && samePath(e[i].Path[:len(path)], path) {
			return &e[i]
		}
	}
	return nil
}

func samePath(got, want []any) bool {
	for i := range want {
		if n, ok := want[i].(int); ok {
			if f, isNumber := got[i].(float64); !isNumber || f != float64(n) {
				return false
			}
		} else if got[i] != want[i] {
			return false
		}
	}
	return true
}

// GraphQL asks a query and decodes its data. Errors that leave part of the data
// are returned as they are; an answer without data is an error, of the code
// that the first error's type stands for. A document with a mutation is sent as a
// write that is not repeatable, all others as reads.
func (c *Client) GraphQL(ctx context.Context, path, query string, variables map[string]any, into any, op, subject string) (GraphErrors, error) {
	mutation := mutates(query)
	r := Request{
		Method: http.MethodPost, Path: path, Resource: GraphQLResource, Op: op, Subject: subject, Repeatable: !mutation,
		Body: struct {
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables,omitempty"`
		}{query, variables},
	}
	q, err := c.prepare(r)
	if err != nil {
		return nil, r.Explain(err)
	}
	q.write = mutation
	var partial GraphErrors
	q.accept = func(answer Response) (err error) {
		partial, err = c.readGraph(answer, into)
		return err
	}
	if _, err := c.exchange(ctx, q); err != nil {
		return nil, r.Explain(err)
	}
	return partial, nil
}

// mutates looks for a mutation among the definitions of a document: for the word
// where no selection is open.
func mutates(document string) bool {
	depth := 0
	for line := range strings.Lines(document) {
		line, _, _ = strings.Cut(line, "#")
		for len(line) > 0 {
			switch {
			case line[0] == '{':
				depth++
			case line[0] == '}':
				depth--
			case depth == 0 && strings.HasPrefix(line, "mutation"):
				return true
			}
			line = line[1:]
		}
	}
	return false
}

// readGraph takes an answer apart.
func (c *Client) readGraph(answer Response, into any) (GraphErrors, error) {
	var said struct {
		Data   json.RawMessage `json:"data"`
		Errors GraphErrors     `json:"errors"`
	}
	if err := decode(answer.Body, &said); err != nil {
		return nil, err
	}
	for i := range said.Errors {
		e := &said.Errors[i]
		e.Message = c.scrub(shorten(e.Message))
		if e.limited() {
			return nil, &failure{kind: refused, spent: true, after: retryAfter(answer.Header, c.clock.Now()),
				problem: &providers.Error{Code: providers.CodeRateLimited, Message: "the server refuses more queries for now: " + e.Message}}
		}
	}
	if len(said.Data) == 0 || string(said.Data) == "null" {
		return nil, graphFailure(said.Errors)
	}
	if into == nil {
		return said.Errors, nil
	}
	return said.Errors, decode(said.Data, into)
}

// limited tells refusals for the rate from other errors. Secondary limits come
// without a type.
func (e *GraphError) limited() bool {
	return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || e.Type == "" && len(e.Path) == 0 && speaksOfLimits(e.Message)
}

// graphFailure is what an answer without data means.
func graphFailure(errs GraphErrors) error {
	if len(errs) == 0 {
		return &failure{kind: lost, after: unsaid, problem: providers.Errorf(providers.CodeUnavailable, "the answer holds neither data nor an error")}
	}
	first := errs[0]
	problem := &providers.Error{Code: providers.CodeInvalid, Message: "the server refused the query: " + first.Message}
	if first.Type != "" {
		problem.Message += " (" + schema.Printable(first.Type) + ")"
	}
	switch first.Type {
	case "NOT_FOUND":
		problem.Code = providers.CodeNotFound
	case "FORBIDDEN":
		problem.Code = providers.CodeDenied
	case "INSUFFICIENT_SCOPES":
		problem.Code, problem.Hint = providers.CodeDenied, "give the token the scopes that the message names"
	case "SERVICE_UNAVAILABLE", "INTERNAL", "INTERNAL_ERROR", "TIMEOUT":
		problem.Code = providers.CodeUnavailable
	case "":
		if brokeDown(first.Message) {
			problem.Code = providers.CodeUnavailable
		}
	}
	if problem.Code == providers.CodeUnavailable {
		return &failure{kind: lost, after: unsaid, problem: problem}
	}
	return problem
}

// brokeDown knows the words with which servers say, without a type, that a
// query failed on their side.
func brokeDown(message string) bool {
	message = strings.ToLower(message)
	for _, words := range []string{"something went wrong", "timeout", "timed out", "try again", "temporarily"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}
