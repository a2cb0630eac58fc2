package threads

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// listed is a thread in a list.
type listed struct {
	sort    int // issues, changes or discussions
	number  int64
	updated time.Time
}

func (t listed) kind() schema.Kind {
	return [...]schema.Kind{issues: schema.KindIssue, changes: schema.KindChange, discussions: schema.KindDiscussion}[t.sort]
}

// The orders of lists. Only one of them stays the same while threads change.
const (
	byUpdate   = "{field: UPDATED_AT, direction: DESC}"
	byCreation = "{field: CREATED_AT, direction: ASC}"
)

// list lists threads, a hundred of each sort in a request. It goes on with a sort
// for as long as visit returns true.
func (f *fetcher) list(ctx context.Context, order string, visit func(listed) bool) error {
	open := map[int]string{issues: "", changes: "", discussions: ""} // where each list goes on
	fields := [...]string{"issues", "pullRequests", "discussions"}
	const op = "list threads"
	for len(open) > 0 {
		var head, body strings.Builder
		variables := map[string]any{"repo": f.repo.NodeID}
		for _, sort := range sorted(open) {
			after := ""
			if open[sort] != "" {
				fmt.Fprintf(&head, ", $a%d: String", sort)
				variables[fmt.Sprintf("a%d", sort)] = open[sort]
				after = fmt.Sprintf(", after: $a%d", sort)
			}
			fmt.Fprintf(&body, " l%d: %s(first: %d%s, orderBy: %s) { nodes { number updatedAt } pageInfo { ...Page } }", sort, fields[sort], f.repo.pageSize(), after, order)
		}
		query := document("query($repo: ID!"+head.String()+") { repository: node(id: $repo) { ... on Repository {"+body.String()+" } } }", f.sizes())
		var answer struct {
			Repository map[string]*numbered `json:"repository"`
		}
		faults, err := f.client.GraphQL(ctx, query, variables, &answer, op, f.repo.fullName())
		if err != nil {
			return err
		}
		if answer.Repository == nil || len(faults) > 0 {
			return f.gone(op, faults)
		}
		for _, sort := range sorted(open) {
			page := answer.Repository[fmt.Sprintf("l%d", sort)]
			if page == nil {
				return f.gone(op, faults)
			}
			if page.Page.More && (page.Page.End == "" || page.Page.End == open[sort]) {
				return &providers.Error{Code: providers.CodeInvalid, Op: op, Subject: f.repo.fullName(), Message: "the server says that a list goes on, and not where"}
			}
			open[sort] = page.Page.End
			more := page.Page.More
			for _, n := range page.Nodes {
				if !visit(listed{sort, n.Number, n.UpdatedAt}) {
					more = false
					break
				}
			}
			if !more {
				delete(open, sort)
			}
		}
	}
	return nil
}
