package body

import (
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// The visibilities that there are.
const (
	public  = "public"
	private = "private"
)

// Visibility is who sees a repository: everybody, when it or its project is public,
// or those with a permission.
func Visibility(r api.Repository) string {
	if r.Public || r.Project.Public {
		return public
	}
	return private
}

// Repository is the repository's own settings. Merge are what its pull requests may
// be merged by; nil: not known.
func Repository(r api.Repository, url, defaultBranch string, topics []string, merge map[string]bool) schema.Repository {
	return schema.Repository{
		Name: r.Name, FullName: r.Repo().String(), Description: r.Description, Visibility: Visibility(r), DefaultBranch: defaultBranch,
		Topics: topics, Archived: r.Archived, Fork: r.Origin != nil, URL: url,
		Features: map[string]bool{"issues": false, "wiki": false, "changes": true}, Merge: merge,
	}
}

// Merge says which ways of merging are allowed.
func Merge(s api.PullRequestSettings) map[string]bool {
	if len(s.MergeConfig.Strategies) == 0 {
		return nil
	}
	ways := map[string]string{
		"no-ff": "merge", "ff": "merge", "ff-only": "fast_forward", "rebase-ff-only": "rebase", "rebase-no-ff": "rebase", "squash": "squash", "squash-ff-only": "squash",
	}
	allowed := map[string]bool{"merge": false, "fast_forward": false, "rebase": false, "squash": false}
	for _, strategy := range s.MergeConfig.Strategies {
		if way := ways[strategy.ID]; way != "" && strategy.Enabled {
			allowed[way] = true
		}
	}
	return allowed
}

// Member is somebody's access to a repository.
func Member(p api.PermittedUser) schema.Member {
	access := map[string]string{"REPO_READ": "read", "REPO_WRITE": "write", "REPO_ADMIN": "admin"}[p.Permission]
	m := schema.Member{Person: Person(p.User), Access: access}
	if access == "" {
		m.Access, m.Role = "read", p.Permission
	}
	return m
}

// Rule is what the restrictions of one pattern amount to.
type Rule struct {
	ID string
	schema.Protection

	Groups int // groups and access keys that are exempt; no other forge knows them
}

// The words of a protection.
const (
	byWriters = "write"
	byNobody  = "nobody"
)

// Rules gathers restrictions by what they are about. Unlike are those that are about
// a sort of branches that the server's branching model makes up, which no pattern
// can name.
func Rules(all []api.Restriction) (rules []Rule, unlike []string) {
	byID := map[string]int{}
	for _, r := range all {
		id := strings.ToLower(r.Matcher.Type.ID) + ":" + r.Matcher.ID
		ref, pattern, ok := match(r.Matcher)
		if !ok {
			if name := r.Matcher.DisplayID; !slices.Contains(unlike, name) {
				unlike = append(unlike, name)
			}
			continue
		}
		at, known := byID[id]
		if !known {
			at = len(rules)
			byID[id] = at
			rules = append(rules, Rule{ID: id, Protection: schema.Protection{
				Ref: ref, Pattern: pattern, Push: byWriters, Merge: byWriters, ForcePush: true, Deletion: true,
			}})
		}
		rules[at].restrict(r)
	}
	return rules, unlike
}

// match says which refs a matcher is about.
func match(m api.Matcher) (ref, pattern string, ok bool) {
	name := m.ID
	switch m.Type.ID {
	case "ANY_REF":
		return "branch", "**", true
	case "BRANCH", "PATTERN", "MODEL_BRANCH":
	default: // MODEL_CATEGORY
		return "", "", false
	}
	if m.Type.ID == "MODEL_BRANCH" {
		name = m.DisplayID // the id is the branch's role
	}
	if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok {
		return "tag", tag, tag != ""
	}
	name = strings.TrimPrefix(name, "refs/heads/")
	return "branch", name, name != ""
}

// restrict adds one restriction to the rule.
func (r *Rule) restrict(by api.Restriction) {
	exempt := People(by.Users)
	r.Groups += len(by.Groups) + len(by.AccessKeys)
	switch by.Type {
	case api.ReadOnly:
		r.Push, r.Merge, r.ForcePush, r.Deletion = byNobody, byNobody, false, false
		r.PushPeople, r.MergePeople = join(r.PushPeople, exempt), join(r.MergePeople, exempt)
	case api.PullRequestOnly:
		r.Push = byNobody
		r.PushPeople = join(r.PushPeople, exempt)
	case api.FastForwardOnly:
		r.ForcePush = false
	case api.NoDeletes:
		r.Deletion = false
	}
}

func join(all, more []schema.Person) []schema.Person {
	for _, p := range more {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
