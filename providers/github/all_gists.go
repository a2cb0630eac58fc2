package github

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// allGistsPrefix begins the identity of all gists of one account. Its number
// follows.
const allGistsPrefix = "gists:"

// allGistsFacts tells of all gists of the token's owner together, which is how
// GitLab imports them. There is no telling of their git data: it is in as many
// repositories as there are gists.
func (s *source) allGistsFacts(ctx context.Context, identity string) (*providers.Facts, error) {
	me, _, err := s.client.Me(ctx)
	if err != nil {
		return nil, err
	}
	owner := allGistsPrefix + strconv.FormatInt(me.ID, 10)
	if identity != "" && identity != owner {
		return nil, &providers.Error{Code: providers.CodeConflict, Op: "look up gists", Subject: schema.Printable(me.Login), Attribute: "personal_access_token",
			Message: "the token is of another account than the one whose gists were planned before",
			Hint:    "use a token of that account, or begin again with another block"}
	}
	// What a gist holds is part of when it was updated. A list that is added to
	// while it is read names some of them twice.
	seen := map[string]string{}
	var large []providers.Sized
	for g, err := range s.client.GistsOf(ctx, "") {
		if err != nil {
			return nil, err
		}
		if files := int64(len(g.Files)); files > 1 && seen[g.ID] == "" {
			large = append(large, providers.Sized{Name: gistName(g), URL: g.URL, Files: files})
		}
		if len(large) >= 2*providers.MaxLargest {
			large = largest(large)
		}
		seen[g.ID] = g.UpdatedAt.UTC().Format(timeOfGist)
	}
	all := make([]string, 0, len(seen))
	for id, updated := range seen {
		all = append(all, id+" "+updated)
	}
	slices.SortFunc(all, strings.Compare)
	count := int64(len(seen))
	facts := &providers.Facts{
		Identity: owner, FullName: me.Login, Name: "gists", URL: s.gistsPage(me.Login),
		Counts:   map[schema.Kind]int64{schema.KindSnippet: count},
		Largest:  largest(large),
		Requests: 1 + (count+api.PageSize-1)/api.PageSize,
	}
	facts.ETag = etag("gists", []any{facts, all})
	return facts, nil
}

// largest are the gists with the most files, in an order that does not depend on
// that of the list.
func largest(gists []providers.Sized) []providers.Sized {
	slices.SortFunc(gists, func(a, b providers.Sized) int {
		return cmp.Or(cmp.Compare(b.Files, a.Files), strings.Compare(a.Name, b.Name))
	})
	return gists[:min(len(gists), providers.MaxLargest)]
}

const timeOfGist = "2006-01-02T15:04:05Z"

// gistsPage is where people see the gists of an account.
func (s *source) gistsPage(login string) string {
	scheme, host, _ := strings.Cut(s.host.Web, "://")
	if s.host.Dotcom() {
		return scheme + "://gist." + host + "/" + login
	}
	return s.host.Web + "/gist/" + login
}
