package githubtest

import (
	"cmp"
	"html"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

type repository struct {
	*graph
	r *Repository
}

func (g *graph) repository(r *Repository) graphql.Object {
	if r == nil {
		return nil
	}
	return repository{g, r}
}

func (repository) TypeName() string { return "Repository" }

func (r repository) path() string { return "/" + r.r.FullName() }

func (r repository) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return r.r.NodeID()
	case "databaseId":
		return small(r.r.ID)
	case "name":
		return r.r.Name
	case "nameWithOwner":
		return r.r.FullName()
	case "owner":
		return r.actor(r.r.Owner)
	case "description":
		return optional(r.r.Description)
	case "descriptionHTML", "shortDescriptionHTML":
		return "<div>" + html.EscapeString(r.r.Description) + "</div>"
	case "homepageUrl":
		return optional(r.r.Homepage)
	case "visibility":
		return enum(r.r.Visibility)
	case "createdAt":
		return r.r.CreatedAt
	case "updatedAt":
		return r.r.UpdatedAt
	case "pushedAt":
		return r.r.PushedAt
	case "archivedAt":
		if r.r.Archived {
			return r.r.UpdatedAt
		}
		return nil
	case "diskUsage":
		return r.r.Size
	case "parent":
		return r.repository(r.r.Parent)
	case "url", "resourcePath":
		return r.address(name, r.path())
	case "sshUrl":
		return "git@" + hostOf(r.m.Base()) + ":" + r.r.FullName() + ".git"
	case "repositoryTopics":
		return fixed(c, r.r.Topics, func(t string) graphql.Object { return topic{r.graph, t} })
	case "licenseInfo":
		if r.r.License == "" {
			return nil
		}
		return license(r.r.License)
	case "forks":
		forks := filtered(r.m.Repositories, func(o *Repository) bool { return o.Parent == r.r && r.sees(o) })
		return page(c, forks, func(o *Repository) int64 { return o.ID }, r.repository)
	case "forkCount":
		return len(filtered(r.m.Repositories, func(o *Repository) bool { return o.Parent == r.r }))
	case "stargazerCount":
		return 0
	case "stargazers", "watchers", "languages":
		return c.Page(graphql.List{})
	case "primaryLanguage", "mirrorUrl", "lockReason", "templateRepository", "codeOfConduct":
		return nil
	case "viewerPermission":
		return enum(r.m.Permission(r.token, r.r))
	case "viewerCanAdminister":
		return r.m.May(r.token, r.r, "admin")
	}
	if v, ok := r.flag(name); ok {
		return v
	}
	if v := r.git(name, c); v != (graphql.NotServed{}) {
		return v
	}
	return r.content(name, c)
}

// flag answers the settings that are on or off, and those with few values.
func (r repository) flag(name string) (any, bool) {
	s := r.r
	switch name {
	case "isPrivate":
		return s.Visibility != "public", true
	case "isArchived":
		return s.Archived, true
	case "isFork":
		return s.Fork, true
	case "isTemplate":
		return s.Template, true
	case "isInOrganization":
		return s.Owner.Kind == KindOrg, true
	case "isMirror", "isLocked", "isDisabled", "isUserConfigurationRepository", "usesCustomOpenGraphImage":
		return false, true
	case "isBlankIssuesEnabled":
		return true, true
	case "hasIssuesEnabled":
		return s.HasIssues, true
	case "hasWikiEnabled":
		return s.HasWiki, true
	case "hasProjectsEnabled":
		return s.HasProjects, true
	case "hasDiscussionsEnabled":
		return s.HasDiscussions, true
	case "hasSponsorshipsEnabled", "hasVulnerabilityAlertsEnabled":
		return false, true
	case "mergeCommitAllowed":
		return s.AllowMerge, true
	case "squashMergeAllowed":
		return s.AllowSquash, true
	case "rebaseMergeAllowed":
		return s.AllowRebase, true
	case "autoMergeAllowed":
		return s.AllowAutoMerge, true
	case "allowUpdateBranch":
		return s.AllowUpdateBranch, true
	case "deleteBranchOnMerge":
		return s.DeleteBranchOnMerge, true
	case "forkingAllowed":
		return s.AllowForking, true
	case "webCommitSignoffRequired":
		return s.WebSignoff, true
	case "mergeCommitTitle":
		return "MERGE_MESSAGE", true
	case "mergeCommitMessage":
		return "PR_TITLE", true
	case "squashMergeCommitTitle":
		return "COMMIT_OR_PR_TITLE", true
	case "squashMergeCommitMessage":
		return "COMMIT_MESSAGES", true
	}
	return nil, false
}

// content answers what stands in the repository.
func (r repository) content(name string, c *graphql.Call) any {
	switch name {
	case "labels":
		return r.labels(c, r.r.Labels)
	case "label":
		for _, l := range r.r.Labels {
			if strings.EqualFold(l.Name, c.String("name")) {
				return r.label(r.r, l)
			}
		}
		return nil
	case "milestones":
		return r.milestones(c)
	case "milestone":
		for _, s := range r.r.Milestones {
			if s.Number == c.Int("number") {
				return r.milestone(r.r, s)
			}
		}
		return nil
	case "issues":
		return r.issues(c, r.r, nil)
	case "pullRequests":
		return r.pulls(c, r.r, nil)
	case "issue", "pullRequest", "issueOrPullRequest":
		return r.numbered(name, c.Int("number"))
	case "pinnedIssues":
		pinned := filtered(r.r.Issues, func(i *Issue) bool { return !i.PinnedAt.IsZero() })
		return page(c, pinned, func(i *Issue) int64 { return i.ID }, func(i *Issue) graphql.Object { return pinnedIssue{r.graph, i} })
	case "releases":
		l := byTime(r.visibleReleases(),
			func(e *Release) time.Time { return e.CreatedAt }, func(e *Release) int64 { return e.ID }, r.release)
		l.Backwards = !c.Has("orderBy") || backwards(c)
		return c.Page(l)
	case "release":
		for _, e := range r.r.Releases {
			if e.Tag == c.String("tagName") && !e.Draft {
				return r.release(e)
			}
		}
		return nil
	case "latestRelease":
		return r.latestRelease()
	case "discussions", "discussion", "discussionCategories", "discussionCategory", "pinnedDiscussions":
		return r.forum(name, c)
	case "commitComments":
		return page(c, r.r.CommitComments, func(n *CommitComment) int64 { return n.ID },
			func(n *CommitComment) graphql.Object { return commitComment{r.graph, n} })
	case "collaborators":
		return r.collaborators(c)
	case "assignableUsers", "mentionableUsers":
		return fixed(c, r.r.Collaborators, func(o *Collaborator) graphql.Object { return r.account(o.User) })
	case "branchProtectionRules":
		return page(c, r.r.Protections, func(p *Protection) int64 { return p.ID },
			func(p *Protection) graphql.Object { return protection{r.graph, r.r, p} })
	case "rulesets":
		return page(c, r.r.Rulesets, func(s *Ruleset) int64 { return s.ID },
			func(s *Ruleset) graphql.Object { return ruleset{r.graph, r.r, s} })
	case "ruleset":
		for _, s := range r.r.Rulesets {
			if s.ID == c.Int("databaseId") {
				return ruleset{r.graph, r.r, s}
			}
		}
		return nil
	case "deployKeys":
		if !r.mayPush() {
			return graphql.Errorf(graphql.Forbidden, "Resource not accessible by personal access token")
		}
		return page(c, r.r.DeployKeys, func(k *DeployKey) int64 { return k.ID }, func(k *DeployKey) graphql.Object { return deployKey{k} })
	case "environments":
		return fixed(c, r.r.Environments, func(e string) graphql.Object { return environment{r.r, e} })
	}
	return graphql.NotServed{}
}

func (r repository) numbered(name string, number int64) any {
	i := r.r.Issue(number)
	kind := map[string]string{"issue": "an Issue", "pullRequest": "a PullRequest", "issueOrPullRequest": "an issue or pull request"}[name]
	if i == nil || name == "issue" && i.Pull != nil || name == "pullRequest" && i.Pull == nil {
		return graphql.Errorf(graphql.NotFound, "Could not resolve to %s with the number of %d.", kind, number)
	}
	return r.issue(i)
}

// mayPush says whether the viewer may see who else has access.
func (r repository) mayPush() bool { return r.m.May(r.token, r.r, "write") }

func (r repository) collaborators(c *graphql.Call) any {
	if !r.mayPush() {
		return graphql.Errorf(graphql.Forbidden, "You do not have permission to view repository collaborators.")
	}
	of := filtered(r.r.Collaborators, func(o *Collaborator) bool {
		return o.User.Kind == KindUser && (c.String("affiliation") != "OUTSIDE" || o.Outside)
	})
	l := graphql.Of(of, func(o *Collaborator) graphql.Object { return r.account(o.User) })
	l.Edge = func(i int, name string) any {
		if name == "permission" {
			return enum(of[i].Permission())
		}
		return graphql.NotServed{}
	}
	return c.Page(l)
}

// repositories lists what an account owns.
func (a account) repositories(c *graphql.Call) any {
	of := filtered(a.m.RepositoriesOf(a.u), func(r *Repository) bool {
		fork, byFork := c.Bool("isFork")
		archived, byArchived := c.Bool("isArchived")
		private := r.Visibility != "public"
		return a.sees(r) &&
			(!byFork || r.Fork == fork) &&
			(!byArchived || r.Archived == archived) &&
			(!c.Has("privacy") || private == (c.String("privacy") == "PRIVATE")) &&
			(!c.Has("visibility") || enum(r.Visibility) == c.String("visibility"))
	})
	id := func(r *Repository) int64 { return r.ID }
	var l graphql.List
	switch order := c.Object("orderBy"); order.String("field") {
	case "NAME":
		l = byText(of, func(r *Repository) string { return r.Name }, a.repositoryObject)
	case "UPDATED_AT":
		l = byTime(of, func(r *Repository) time.Time { return r.UpdatedAt }, id, a.repositoryObject)
	case "PUSHED_AT":
		l = byTime(of, func(r *Repository) time.Time { return r.PushedAt }, id, a.repositoryObject)
	default:
		l = keyed(of, func(r *Repository) graphql.Key { return graphql.Key{Value: r.ID} }, a.repositoryObject)
	}
	l.Backwards = backwards(c)
	l.Extra = func(name string) any {
		if name != "totalDiskUsage" {
			return graphql.NotServed{}
		}
		var sum int64
		for _, r := range of {
			sum += r.Size
		}
		return sum
	}
	return c.Page(l)
}

func (a account) repositoryObject(r *Repository) graphql.Object { return a.graph.repository(r) }

type topic struct {
	*graph
	name string
}

func (topic) TypeName() string { return "RepositoryTopic" }

func (t topic) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "RT_" + t.name
	case "topic":
		return topicName(t.name)
	case "url", "resourcePath":
		return t.address(name, "/topics/"+t.name)
	}
	return graphql.NotServed{}
}

type topicName string

func (topicName) TypeName() string { return "Topic" }

func (t topicName) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "TO_" + string(t)
	case "name":
		return string(t)
	}
	return graphql.NotServed{}
}

// license is a licence by its SPDX id.
type license string

func (license) TypeName() string { return "License" }

func (l license) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "LI_" + string(l)
	case "key":
		return strings.ToLower(string(l))
	case "spdxId", "name":
		return string(l)
	case "url":
		return "https://spdx.org/licenses/" + string(l)
	}
	return graphql.NotServed{}
}

type deployKey struct{ k *DeployKey }

func (deployKey) TypeName() string { return "DeployKey" }

func (d deployKey) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return nodeID(prefixOther, d.k.ID)
	case "title":
		return d.k.Title
	case "key":
		return d.k.Key
	case "readOnly":
		return d.k.ReadOnly
	case "verified", "enabled":
		return true
	case "createdAt":
		return d.k.CreatedAt
	}
	return graphql.NotServed{}
}

type environment struct {
	r    *Repository
	name string
}

func (environment) TypeName() string { return "Environment" }

func (e environment) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "EN_" + e.r.NodeID() + "_" + e.name
	case "name":
		return e.name
	case "databaseId", "isPinned":
		return nil
	}
	return graphql.NotServed{}
}

func hostOf(base string) string {
	_, host, ok := strings.Cut(base, "://")
	if !ok {
		return base
	}
	host, _, _ = strings.Cut(host, ":")
	return cmp.Or(host, "localhost")
}
