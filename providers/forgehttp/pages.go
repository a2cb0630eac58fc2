package forgehttp

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// Pages yields the items of a list, reading page after page as the answers'
// Link headers lead. The list is an array, or the one array in an object, such
// as {"total_count": 2, "items": [...]}. It ends with the first error. R.Into
// is not used.
//
// A next page on another host is not followed there: servers behind a proxy
// often do not know the address that they are reached at. Its query is used
// with the address of the page before.
func (c *Client) Pages(ctx context.Context, r Request) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		r.Into = nil
		for {
			var items []json.RawMessage
			answer, err := c.page(ctx, r, &items)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			next, err := c.nextPage(answer)
			if err != nil {
				yield(nil, r.Explain(err))
				return
			}
			if next == "" {
				return
			}
			r.Path, r.To, r.Query = next, nil, nil
		}
	}
}

func (c *Client) page(ctx context.Context, r Request, into *[]json.RawMessage) (Response, error) {
	q, err := c.prepare(r)
	if err != nil {
		return Response{}, r.Explain(err)
	}
	q.accept = func(answer Response) (err error) {
		*into, err = listItems(answer.Body)
		return err
	}
	answer, err := c.exchange(ctx, q)
	if err != nil {
		return answer, r.Explain(err)
	}
	return answer, nil
}

// listItems finds the list in an answer. None at all is an empty one: servers
// written in Go send null for it.
func listItems(body []byte) ([]json.RawMessage, error) {
	var raw json.RawMessage
	if err := decode(body, &raw); err != nil || len(raw) == 0 {
		return nil, err
	}
	var items []json.RawMessage
	if raw[0] != '{' {
		return items, decode(raw, &items)
	}
	var object map[string]json.RawMessage
	if err := decode(raw, &object); err != nil {
		return nil, err
	}
	lists := 0
	for _, member := range object {
		if len(member) > 0 && member[0] == '[' {
			lists++
			if err := decode(member, &items); err != nil {
				return nil, err
			}
		}
	}
	if lists != 1 {
		return nil, providers.Errorf(providers.CodeInvalid, "the answer is not a list: it is an object that holds %d", lists)
	}
	return items, nil
}

// nextPage returns the address of the page after an answer, or nothing.
func (c *Client) nextPage(answer Response) (string, error) {
	link := answer.Next()
	if link == "" {
		return "", nil
	}
	at, err := url.Parse(answer.URL)
	if err != nil {
		return "", providers.Errorf(providers.CodeInternal, "read an address again: %w", err)
	}
	next, err := at.Parse(link)
	if err != nil || !isWeb(next) {
		return "", providers.Errorf(providers.CodeInvalid, "the server names a next page at what is not an address")
	}
	if !sameOrigin(next, c.base) {
		query := next.RawQuery
		next = at
		next.RawQuery = query
	}
	if next.String() == answer.URL {
		return "", providers.Errorf(providers.CodeInvalid, "the server names a page as the one after itself")
	}
	return next.String(), nil
}

// nextLink finds the target of rel=next in the Link headers. RFC 8288.
func nextLink(h http.Header) string {
	for _, rest := range h.Values("Link") {
		for rest != "" {
			var target string
			var found bool
			if _, rest, found = strings.Cut(rest, "<"); !found {
				break
			}
			if target, rest, found = strings.Cut(rest, ">"); !found {
				break
			}
			var parameters string
			parameters, rest = cutUnquoted(rest, ',')
			if hasRelation(parameters, "next") {
				return strings.TrimSpace(target)
			}
		}
	}
	return ""
}

// cutUnquoted cuts s at the first separator that is not in a quoted value.
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// hasRelation looks for one of the relations in the parameter rel.
func hasRelation(parameters, want string) bool {
	for parameters != "" {
		var parameter string
		parameter, parameters = cutUnquoted(parameters, ';')
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for relation := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(relation, want) {
				return true
			}
		}
		return false // RFC 8288: only the first rel counts
	}
	return false
}
