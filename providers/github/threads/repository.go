package threads

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"

	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/attachments"
)

// Client asks GitHub. *api.Client is one.
type Client interface {
	GraphQL(ctx context.Context, query string, variables map[string]any, into any, op, subject string) (forgehttp.GraphErrors, error)
	Get(ctx context.Context, path string, query url.Values, into any, op, subject string) (http.Header, error)
	List(ctx context.Context, path string, query url.Values, op, subject string) iter.Seq2[json.RawMessage, error]
}

// Repository says what is read, and how.
type Repository struct {
	Owner, Name string
	NodeID      string // the global id

	// Files knows the attachments of the repository.
	Files attachments.Host

	// SkipFiles leaves attachments out. They are counted, and told as a loss.
	SkipFiles bool

	// PageSize is the most items that one list of a request may have, 1 to 100;
	// 0 is 100.
	PageSize int

	// Ahead is how many requests for threads are under way while the first of
	// them is awaited; 0 is 8.
	Ahead int
}

const (
	mostPage  = 100 // GitHub's limit
	ahead     = 8   // as many as the client sends at once
	mostAtOne = 50  // threads in one request; more make GitHub give up on busy repositories
	firstPage = 20  // comments that come with their thread; the server counts a list of reactions for each
	firstFew  = 20  // items of its other lists
)

func (r Repository) fullName() string { return r.Owner + "/" + r.Name }

func (r Repository) pageSize() int {
	if r.PageSize <= 0 || r.PageSize > mostPage {
		return mostPage
	}
	return r.PageSize
}

func (r Repository) ahead() int {
	if r.Ahead <= 0 {
		return ahead
	}
	return r.Ahead
}

// few is n, or less when pages are to be smaller.
func (r Repository) few(n int) int { return min(n, r.pageSize()) }
