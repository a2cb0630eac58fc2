package body

import (
	"strings"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// Visibility is who may see a repository. One of an owner whom only those see who
// are signed in is internal.
func Visibility(r api.Repository) string {
	switch {
	case r.Private:
		return "private"
	case r.Internal:
		return "internal"
	}
	return "public"
}

// Repository is a repository's own settings.
func Repository(r api.Repository) schema.Repository {
	converted := schema.Repository{
		Name: r.Name, FullName: r.FullName, Description: r.Description, Homepage: r.Website, Visibility: Visibility(r),
		Topics: r.Topics, Archived: r.Archived, Fork: r.Fork, License: License(r), URL: r.HTMLURL, CreatedAt: moment(&r.CreatedAt),
		Features: map[string]bool{"issues": r.HasIssues, "wiki": r.HasWiki, "projects": r.HasProjects, "changes": r.HasPullRequests},
		Merge: map[string]bool{
			"merge": r.AllowMerge, "squash": r.AllowSquash, "rebase": r.AllowRebase || r.AllowRebaseExplicit,
			"fast_forward": r.AllowFastForwardOnly, "delete_branch": r.DeleteBranch,
		},
	}
	if !r.Empty {
		converted.DefaultBranch = r.DefaultBranch
	}
	return converted
}

// License is the license that the server found, when it is one only.
func License(r api.Repository) string {
	if len(r.Licenses) != 1 {
		return ""
	}
	return r.Licenses[0]
}

// Label is a label.
func Label(l api.Label) schema.Label {
	return schema.Label{Name: l.Name, Color: strings.TrimPrefix(strings.ToLower(l.Color), "#"), Description: l.Description, Exclusive: l.Exclusive}
}

// Milestone is a milestone. It has no number: texts do not refer to milestones.
func Milestone(m api.Milestone) schema.Milestone {
	return schema.Milestone{
		Title: m.Title, Description: m.Description, State: m.State, DueOn: day(m.DueOn), CreatedAt: moment(&m.CreatedAt), ClosedAt: moment(m.ClosedAt),
	}
}

// Member is somebody's access to a repository.
func Member(u api.User, permission string) schema.Member {
	access := permission
	if permission == "owner" {
		access = "admin"
	}
	return schema.Member{Person: Person(&u), Access: access}
}

// Branches is a rule over branches.
func Branches(p api.BranchProtection) schema.Protection {
	converted := schema.Protection{
		Ref: "branch", Pattern: p.RuleName, Push: "write", Merge: "write",
		ForcePush: p.EnableForcePush && !p.EnableForcePushAllowlist,
		Approvals: p.RequiredApprovals, Signed: p.RequireSignedCommits,
	}
	switch {
	case !p.EnablePush:
		converted.Push = "nobody"
	case p.EnablePushWhitelist:
		converted.Push, converted.PushPeople = "nobody", logins(p.PushWhitelistUsernames)
	}
	if p.EnableMergeWhitelist {
		converted.Merge, converted.MergePeople = "nobody", logins(p.MergeWhitelistUsernames)
	}
	if p.EnableStatusCheck {
		converted.RequiredChecks = p.StatusCheckContexts
	}
	return converted
}

// Tags is a rule over tags.
func Tags(p api.TagProtection) schema.Protection {
	return schema.Protection{Ref: "tag", Pattern: p.Pattern, Push: "nobody", Merge: "nobody", PushPeople: logins(p.Usernames)}
}

// Release is a release.
func Release(r api.Release) schema.Release {
	converted := schema.Release{
		Tag: r.Tag, Target: r.Target, Name: r.Name, Text: r.Body, Draft: r.Draft, Prerelease: r.Prerelease, Author: Person(&r.Author),
		URL: r.HTMLURL, CreatedAt: moment(&r.CreatedAt),
	}
	if !r.Draft {
		converted.PublishedAt = moment(&r.PublishedAt)
	}
	return converted
}

// Attachment is a file that the server lists. URL is where texts link to it.
func Attachment(a api.Attachment, url string) (schema.Attachment, *schema.Blob) {
	converted := schema.Attachment{Name: a.Name, URL: url, CreatedAt: moment(&a.CreatedAt)}
	if a.Type == "external" {
		converted.Link = a.URL
		return converted, nil
	}
	return converted, &schema.Blob{ID: a.UUID, Size: a.Size}
}
