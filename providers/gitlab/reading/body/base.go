package body

import (
	"strings"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Repository is a project's own settings. The path is its name: that is what
// addresses are made of, and what git calls it.
func Repository(p api.Project) schema.Repository {
	converted := schema.Repository{
		Name: p.Path, FullName: p.PathWithNamespace, Description: p.Description, Visibility: p.Visibility, Topics: p.Topics,
		Archived: p.Archived, Fork: p.ForkedFrom != nil, URL: p.WebURL, CreatedAt: moment(&p.CreatedAt),
		Features: map[string]bool{
			"issues": enabled(p.IssuesAccess), "wiki": enabled(p.WikiAccess),
			"changes": enabled(p.ChangesAccess), "snippets": enabled(p.SnippetsAccess),
		},
		Merge: map[string]bool{
			"merge": p.MergeMethod != "ff", "rebase": p.MergeMethod == "rebase_merge", "fast_forward": p.MergeMethod == "ff",
			"squash": p.SquashOption != "never", "delete_branch": p.DeleteBranch,
		},
	}
	if !p.EmptyRepo {
		converted.DefaultBranch = p.DefaultBranch
	}
	if p.License != nil {
		converted.License = p.License.Key
	}
	return converted
}

// enabled reports whether a part of a project is switched on, be it for its members
// only.
func enabled(level string) bool { return level != "disabled" }

// Label is a label. One whose name has a scope excludes the others of that scope.
func Label(l api.Label) schema.Label {
	return schema.Label{
		Name: l.Name, Color: strings.TrimPrefix(strings.ToLower(l.Color), "#"), Description: l.Description,
		Exclusive: strings.Contains(l.Name, "::"), Priority: l.Priority,
	}
}

// Milestone is a milestone. One of a group has no number: texts refer to it by its
// name alone.
func Milestone(m api.FullMilestone) schema.Milestone {
	converted := schema.Milestone{
		Title: m.Title, Description: m.Description, State: "open", StartOn: m.StartDate, DueOn: m.DueDate, CreatedAt: moment(&m.CreatedAt),
	}
	if m.State == "closed" {
		converted.State = m.State
	}
	if m.GroupID == 0 {
		converted.Number = m.IID
	}
	return converted
}

// access is a level in the vocabulary of records. One that lies between two is the
// lower: nobody is given more than was had.
func access(level api.Access) string {
	switch {
	case level >= api.Owner:
		return "admin"
	case level >= api.Maintainer:
		return "maintain"
	case level >= api.Developer:
		return "write"
	case level >= api.Reporter:
		return "triage"
	}
	return "read"
}

// Member is somebody's access to a project.
func Member(m api.Member) schema.Member {
	converted := schema.Member{Person: Person(&api.User{ID: m.ID, Username: m.Username, Name: m.Name}), Access: access(m.AccessLevel), Expires: m.ExpiresAt}
	switch {
	case m.MemberRole != nil:
		converted.Role = m.MemberRole.Name
	case m.AccessLevel == api.Minimal:
		converted.Role = "minimal access"
	case m.AccessLevel == api.Planner:
		converted.Role = "planner"
	case m.AccessLevel == api.Security:
		converted.Role = "security manager"
	}
	return converted
}

// Branches is a rule over branches. Resolved says that the project wants every
// conversation resolved before a merge.
func Branches(b api.ProtectedBranch, resolved bool) (schema.Protection, Unnamed) {
	p := schema.Protection{Ref: "branch", Pattern: b.Name, ForcePush: b.ForcePush, CodeOwners: b.CodeOwners, Conversations: resolved}
	var pushing, merging Unnamed
	p.Push, p.PushPeople, pushing = allowed(b.Push)
	p.Merge, p.MergePeople, merging = allowed(b.Merge)
	return p, Unnamed{pushing.Groups + merging.Groups, pushing.Keys + merging.Keys}
}

// Tags is a rule over tags.
func Tags(t api.ProtectedTag) (schema.Protection, Unnamed) {
	p := schema.Protection{Ref: "tag", Pattern: t.Name}
	var left Unnamed
	p.Push, p.PushPeople, left = allowed(t.Create)
	p.Merge, p.MergePeople = p.Push, p.PushPeople
	return p, left
}

// Unnamed is whom a rule lets through and no record can name.
type Unnamed struct{ Groups, Keys int64 }

// allowed is whom a rule lets through: a role and all above it, and people, of whom
// only the ids are told.
func allowed(rights []api.Right) (role string, people []schema.Person, left Unnamed) {
	lowest := api.NoAccess
	for _, r := range rights {
		switch {
		case r.UserID != nil:
			people = append(people, schema.Person{ID: ID(*r.UserID)})
		case r.GroupID != nil:
			left.Groups++
		case r.DeployKeyID != nil:
			left.Keys++
		case r.AccessLevel != nil && *r.AccessLevel > api.NoAccess && (lowest == api.NoAccess || *r.AccessLevel < lowest):
			lowest = *r.AccessLevel
		}
	}
	if lowest == api.NoAccess {
		return "nobody", people, left
	}
	return access(lowest), people, left
}

// Release is a release. The server has neither drafts nor pre-releases; one whose
// date is ahead is announced, and as visible as the others.
func Release(r api.Release) schema.Release {
	converted := schema.Release{
		Tag: r.Tag, Target: r.Commit.ID, Name: r.Name, Text: r.Description, Author: Person(&r.Author), URL: r.Links.Self,
		CreatedAt: moment(&r.CreatedAt), PublishedAt: moment(&r.ReleasedAt),
	}
	return converted
}

// Snippet is a snippet without its files.
func Snippet(s api.Snippet) schema.Snippet {
	return schema.Snippet{
		Title: s.Title, Description: s.Description, Visibility: s.Visibility, Author: Person(&s.Author), URL: s.WebURL,
		CreatedAt: moment(&s.CreatedAt), UpdatedAt: moment(&s.UpdatedAt),
	}
}
