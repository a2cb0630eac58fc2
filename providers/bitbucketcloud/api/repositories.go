package api

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers"
)

const (
	account    = "uuid,account_id,nickname,display_name"
	repository = "uuid,full_name,name,slug,description,website,is_private,has_issues,has_wiki,size,language,created_on,updated_on,mainbranch.name,parent.full_name,project.key,project.name,links.html.href"
)

// in puts a prefix before each of some fields.
func in(prefix, fields string) string {
	out := make([]byte, 0, 2*len(fields))
	out = append(out, prefix...)
	for i := range len(fields) {
		out = append(out, fields[i])
		if fields[i] == ',' {
			out = append(out, prefix...)
		}
	}
	return string(out)
}

// Repository looks a repository up.
func (c *Client) Repository(ctx context.Context, r Repo) (Repository, error) {
	return get[Repository](ctx, c, r.Path(""), repository, "find", r.String())
}

// Repositories lists those of a workspace, the oldest first.
func (c *Client) Repositories(ctx context.Context, workspace string) iter.Seq2[Repository, error] {
	return items[Repository](ctx, c, listing{path: "/repositories/" + url.PathEscape(workspace), query: url.Values{"sort": {"created_on"}},
		fields: in("values.", repository), op: "list repositories", repo: workspace})
}

// User looks up who an account is.
func (c *Client) User(ctx context.Context, id string) (Account, error) {
	return get[Account](ctx, c, "/users/"+url.PathEscape(id), account, "find user", id)
}

// Commit looks up a commit by its abbreviated id.
func (c *Client) Commit(ctx context.Context, r Repo, hash string) (Commit, error) {
	return get[Commit](ctx, c, r.Path("/commit/"+url.PathEscape(hash)), "hash,parents.hash", "find commit "+hash, r.String())
}

// The lists of what issues are sorted by.
const (
	Milestones = "milestones"
	Components = "components"
	Versions   = "versions"
)

// Named lists what of one sort has a name. There is none where issues are switched
// off.
func (c *Client) Named(ctx context.Context, r Repo, sort string) iter.Seq2[Named, error] {
	return orNone(items[Named](ctx, c, listing{path: r.Path("/" + sort), fields: "values.id,values.name", op: "list " + sort, repo: r.String()}))
}

// orNone is a list that is empty where there is none.
func orNone[T any](list iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range list {
			if IsNotFound(err) || !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// Restrictions lists the rules over branches.
func (c *Client) Restrictions(ctx context.Context, r Repo) iter.Seq2[Restriction, error] {
	return items[Restriction](ctx, c, listing{path: r.Path("/branch-restrictions"),
		fields: in("values.", "id,kind,branch_match_kind,branch_type,pattern,value,groups.name,groups.slug,"+in("users.", account)),
		op:     "list branch restrictions", repo: r.String()})
}

// BranchingModel says which branches a type means.
func (c *Client) BranchingModel(ctx context.Context, r Repo) (BranchingModel, error) {
	return get[BranchingModel](ctx, c, r.Path("/effective-branching-model"), "branch_types,development,production", "read the branching model", r.String())
}

// Users lists whom something was given on the repository itself.
func (c *Client) Users(ctx context.Context, r Repo) iter.Seq2[Permission, error] {
	return items[Permission](ctx, c, listing{path: r.Path("/permissions-config/users"), fields: in("values.", "permission,"+in("user.", account)), op: "list members", repo: r.String()})
}

// Groups lists which groups were given something on the repository itself.
func (c *Client) Groups(ctx context.Context, r Repo) iter.Seq2[Permission, error] {
	return items[Permission](ctx, c, listing{path: r.Path("/permissions-config/groups"), fields: "values.permission,values.group.name,values.group.slug", op: "list groups", repo: r.String()})
}

// Hooks lists the webhooks.
func (c *Client) Hooks(ctx context.Context, r Repo) iter.Seq2[Hook, error] {
	return items[Hook](ctx, c, listing{path: r.Path("/hooks"), fields: "values.url,values.description", op: "list webhooks", repo: r.String()})
}

// Keys lists the deploy keys.
func (c *Client) Keys(ctx context.Context, r Repo) iter.Seq2[Key, error] {
	return items[Key](ctx, c, listing{path: r.Path("/deploy-keys"), fields: "values.label", op: "list deploy keys", repo: r.String()})
}

// Downloads lists the files beside the repository.
func (c *Client) Downloads(ctx context.Context, r Repo) iter.Seq2[Download, error] {
	return items[Download](ctx, c, listing{path: r.Path("/downloads"), fields: "values.name,values.size", op: "list downloads", repo: r.String()})
}

// DefaultReviewers lists who is asked to review every pull request.
func (c *Client) DefaultReviewers(ctx context.Context, r Repo) iter.Seq2[Account, error] {
	return items[Account](ctx, c, listing{path: r.Path("/default-reviewers"), fields: in("values.", account), op: "list default reviewers", repo: r.String()})
}

// IsHidden reports whether err says that the account may not see something, or that
// there is none. To some, what they may not see does not exist.
func IsHidden(err error) bool {
	return providers.CodeOf(err) == providers.CodeDenied || IsNotFound(err)
}
