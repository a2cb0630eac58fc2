package githubtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

//go:embed spec/schema.graphql.gz
var packedSchema []byte

// loadSchema parses GitHub's schema once a process: it takes longer than most
// tests do. The schema never changes afterwards.
var loadSchema = sync.OnceValues(func() (*graphql.Schema, error) {
	text, err := GraphQLSchema()
	if err != nil {
		return nil, err
	}
	return graphql.Load(text)
})

// GraphQLSchema is the text of GitHub's public schema.
func GraphQLSchema() (string, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packedSchema))
	if err != nil {
		return "", fmt.Errorf("unpack GitHub's GraphQL schema: %w", err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return "", fmt.Errorf("unpack GitHub's GraphQL schema: %w", err)
	}
	return string(text), nil
}

// CheckGraphQL says what GitHub's schema and limits have against a request, and
// what it costs. Programs check with it the queries they are built with.
func CheckGraphQL(r graphql.Request) (cost int64, errs []graphql.Error) {
	schema, err := loadSchema()
	if err != nil {
		return 0, []graphql.Error{{Message: err.Error()}}
	}
	op, errs := schema.Prepare(r)
	if len(errs) > 0 {
		return 0, errs
	}
	return op.Cost, nil
}

// GraphQLFaults are what can be wrong with an answer of GraphQL besides what
// can be wrong with every answer.
type GraphQLFaults struct {
	// Broken are the node ids of objects that GitHub fails to answer: the
	// field is null and the error says where.
	Broken []string
	// Heavy is how many nodes a query may ask for before it takes too long and
	// is answered with 502. 0: any number.
	Heavy int64
	// Secondary is how many of the next queries meet a secondary rate limit,
	// told with status 200 as GraphQL does at times, and to be waited for a second.
	Secondary int64
}

// GraphQLFaults replaces what goes wrong with GraphQL.
func (s *Server) GraphQLFaults(f GraphQLFaults) {
	s.graphql.(*graphQL).faults.Store(&f)
}

// graphQL answers requests to the GraphQL interface.
type graphQL struct {
	server *Server
	faults atomic.Pointer[GraphQLFaults]
}

func newGraphQL(s *Server) *graphQL {
	g := &graphQL{server: s}
	g.faults.Store(&GraphQLFaults{})
	return g
}

// maxGraphQLBody bounds a request's body.
const maxGraphQLBody = 1 << 20

func (g *graphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := tokenFrom(r.Context())
	if token == nil {
		writeFailure(w, &failure{status: http.StatusForbidden, message: "This endpoint requires you to be authenticated."})
		return
	}
	if r.Method != http.MethodPost {
		writeFailure(w, &failure{status: http.StatusNotFound, message: "Not Found"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxGraphQLBody))
	var request graphql.Request
	if err != nil || json.Unmarshal(body, &request) != nil {
		writeFailure(w, &failure{status: http.StatusBadRequest, message: "Problems parsing JSON"})
		return
	}
	g.answer(w, r, token, request)
}

func (g *graphQL) answer(w http.ResponseWriter, r *http.Request, token *Token, request graphql.Request) {
	schema, err := loadSchema()
	if err != nil {
		writeFailure(w, &failure{status: http.StatusInternalServerError, message: err.Error()})
		return
	}
	op, errs := schema.Prepare(request)
	if len(errs) > 0 {
		// A client that sends what the schema does not know is as wrong as an
		// answer that does not agree with it.
		g.server.Violated(fmt.Sprintf("GraphQL request: %s", errs[0].Message))
		left, _ := g.server.spend(token, "graphql", 0)
		limitHeaders(w.Header(), "graphql", left)
		writeGraphQL(w, refusal(errs...))
		return
	}
	left, enough := g.server.spend(token, "graphql", op.Cost)
	if !enough {
		left.used = left.limit // GitHub says that nothing is left
		limitHeaders(w.Header(), "graphql", left)
		writeGraphQL(w, refusal(*graphql.Errorf(graphql.RateLimited, "API rate limit exceeded for user ID %d.", token.User.ID)))
		return
	}
	limitHeaders(w.Header(), "graphql", left)
	if g.disturbed(w, op) {
		return
	}
	var answer graphql.Answer
	g.server.Model.View(func() {
		root := &graph{
			m: g.server.Model, token: token, viewer: token.User, price: op, left: left,
			refs: map[*Repository][]gitRef{},
		}
		answer = op.Execute(r.Context(), query{root}, graphql.Options{
			Report: func(problem string) { g.server.Violated("GraphQL answer: " + problem) },
			Fail:   g.broken(),
		})
	})
	writeGraphQL(w, answer)
}

// disturbed answers in place of the model when a fault says so.
func (g *graphQL) disturbed(w http.ResponseWriter, op *graphql.Operation) bool {
	f := g.faults.Load()
	if f.Heavy > 0 && op.Nodes > f.Heavy {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."}]}`)
		return true
	}
	if n := atomic.AddInt64(&f.Secondary, -1); n >= 0 {
		w.Header().Set("Retry-After", "1")
		writeGraphQL(w, refusal(graphql.Error{
			Message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		}))
		return true
	}
	return false
}

// broken fails objects that a fault names.
func (g *graphQL) broken() func(graphql.Object) *graphql.Error {
	ids := g.faults.Load().Broken
	if len(ids) == 0 {
		return nil
	}
	return func(o graphql.Object) *graphql.Error {
		if id, ok := o.Field("id", nil).(string); ok && slices.Contains(ids, id) {
			return &graphql.Error{Message: "Something went wrong while executing your query on " +
				Epoch.Format(time.RFC3339) + ". Please include `D0E0:0` when reporting this issue."}
		}
		return nil
	}
}

func refusal(errs ...graphql.Error) graphql.Answer {
	return graphql.Answer{Errors: errs}
}

// writeGraphQL writes an answer. Its data is JSON already and may be large.
func writeGraphQL(w http.ResponseWriter, a graphql.Answer) {
	var body bytes.Buffer
	body.WriteString(`{"data":`)
	if a.Data == nil {
		a.Data = json.RawMessage("null")
	}
	body.Write(a.Data)
	if len(a.Errors) > 0 {
		body.WriteString(`,"errors":`)
		body.Write(encode(a.Errors))
	}
	body.WriteByte('}')
	writeJSON(w, http.StatusOK, body.Bytes())
}
