package forgehttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	// maxProblem bounds how much of a refusal is read, maxMessage how much of
	// it is repeated.
	maxProblem = 64 << 10
	maxMessage = 500
)

// refuse is what an answer with a status of 400 or more means.
// Spent says that its header told of no more budget.
func (c *Client) refuse(q *call, held lease, answer Response, spent bool) error {
	now := c.clock.Now()
	f := &failure{problem: c.meaning(q, held, answer), after: retryAfter(answer.Header, now), spent: spent}
	switch {
	case answer.Status == http.StatusTooManyRequests:
	case answer.Status == http.StatusForbidden && (f.after >= 0 || f.spent || speaksOfLimits(f.problem.Message)):
		f.problem.Code = providers.CodeRateLimited
	case c.classify != nil && q.place != stranger:
		c.refine(f, answer, now)
	}
	switch f.problem.Code {
	case providers.CodeRateLimited:
		f.kind = refused
	case providers.CodeUnavailable:
		f.kind = lost
	}
	return c.punish(held, f)
}

// refine asks the caller what an answer means.
func (c *Client) refine(f *failure, answer Response, now time.Time) {
	e := c.classify(answer)
	if e == nil {
		return
	}
	refined := *e
	refined.Message, refined.Hint = c.scrub(e.Message), c.scrub(e.Hint)
	f.problem = &refined
	if !e.Until.IsZero() {
		f.after = max(0, e.Until.Sub(now))
	}
}

// punish lets the token rest when err is a refusal for its rate, and notes in
// err until when.
func (c *Client) punish(held lease, err error) error {
	var f *failure
	if !errors.As(err, &f) || f.kind != refused {
		return err
	}
	if held.number > 0 {
		f.problem.Until = c.limits.penalize(held, f.after, f.spent)
	} else {
		f.problem.Until = c.clock.Now().Add(max(f.after, firstPause))
	}
	return err
}

// meaning reads the status alone.
func (c *Client) meaning(q *call, held lease, answer Response) *providers.Error {
	who := "the server"
	if q.place != server {
		who = schema.Printable(q.at.Host)
	}
	e := &providers.Error{Message: fmt.Sprintf("%s answered %d %s", who, answer.Status, http.StatusText(answer.Status))}
	if said := c.scrub(Message(answer.Body)); said != "" {
		e.Message += ": " + said
	}
	switch s := answer.Status; s {
	case http.StatusUnauthorized:
		if q.place == stranger {
			e.Code = providers.CodeDenied // it was sent no token, so none is at fault
			break
		}
		e.Code, e.Hint = providers.CodeAuth, "check the token: it may be mistyped, expired or revoked"
		if n := len(c.tokens); n > 1 {
			e.Hint = fmt.Sprintf("check token %d of the %d: it may be mistyped, expired or revoked", held.token+1, n)
		}
	case http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		e.Code = providers.CodeDenied
	case http.StatusNotFound, http.StatusGone:
		e.Code = providers.CodeNotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		e.Code = providers.CodeConflict
	case http.StatusTooManyRequests:
		e.Code = providers.CodeRateLimited
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		e.Code = providers.CodeUnsupported
	default:
		e.Code = providers.CodeInvalid
		if s >= 500 || s == http.StatusRequestTimeout {
			e.Code = providers.CodeUnavailable
		}
	}
	return e
}

func speaksOfLimits(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "rate limit") || strings.Contains(message, "abuse detection")
}

// Message returns what an answer says in words, on one line fit for a screen
// and of at most 500 bytes: the members message, error, error_description and
// errors of a JSON object, in the shapes that forges use. It is empty when
// nothing is said, and for pages of HTML.
func Message(body []byte) string {
	var said struct {
		Message json.RawMessage `json:"message"`
		Error   json.RawMessage `json:"error"`
		Detail  json.RawMessage `json:"error_description"`
		Errors  json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		text := strings.TrimSpace(string(body))
		if strings.HasPrefix(text, "<") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			return ""
		}
		line, _, _ := strings.Cut(text, "\n")
		return shorten(line)
	}
	var parts []string
	for _, part := range []json.RawMessage{said.Message, said.Error, said.Detail, said.Errors} {
		var value any
		if json.Unmarshal(part, &value) == nil {
			parts = words(parts, "", value, 4)
		}
	}
	return shorten(strings.Join(parts, "; "))
}

// words collects the texts in a value of JSON. Objects are those of a list of
// errors: their message, or else which field has which fault. Others hold the
// faults of fields by the fields' names; base is the one of none.
func words(into []string, field string, value any, depth int) []string {
	if depth == 0 || len(into) >= 8 {
		return into
	}
	switch v := value.(type) {
	case string:
		if v = strings.TrimSpace(v); v == "" {
			return into
		}
		if field != "" {
			v = field + " " + v
		}
		return append(into, v)
	case []any:
		for _, one := range v {
			into = words(into, field, one, depth-1)
		}
	case map[string]any:
		if message, ok := v["message"].(string); ok && message != "" {
			return words(into, "", message, depth-1)
		}
		if name, ok := v["field"].(string); ok {
			return words(into, name, v["code"], depth-1)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			under := name
			if name == "base" {
				under = ""
			}
			into = words(into, under, v[name], depth-1)
		}
	}
	return into
}

// shorten makes text of others fit for a message.
func shorten(s string) string {
	s = schema.Printable(strings.Join(strings.Fields(s), " "))
	if len(s) <= maxMessage {
		return s
	}
	s = s[:maxMessage-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// scrub removes the tokens from what a server says: some repeat what they were
// sent.
func (c *Client) scrub(s string) string {
	for _, token := range c.tokens {
		s = strings.ReplaceAll(s, token, "(secret)")
	}
	return s
}
