package githubtest

import (
	"fmt"
	"net/url"
	"strings"
)

// expand returns the paths that a pattern stands for in the model.
func (s *Server) expand(pattern string) []string {
	if !strings.Contains(pattern, "{owner}") {
		return fill(pattern, map[string][]string{
			"account_id": {fmt.Sprint(s.Model.User("grace").ID)}, "username": {"ada", "mona"}, "org": {"lantern"},
			"gist_id": {s.Model.Gists[0].ID, s.Model.Gists[1].ID},
		})
	}
	var all []string
	for _, r := range s.Model.Repositories {
		v := map[string][]string{"owner": {r.Owner.Login}, "repo": {r.Name}, "branch": {"main", "feature/lens"}, "username": {"grace", "mona"}}
		add := func(name string, value any) { v[name] = append(v[name], fmt.Sprint(value)) }
		for _, i := range r.Issues {
			add("issue_number", i.Number)
			for _, e := range i.Events {
				add("event_id", e.ID)
			}
			for _, c := range i.Comments {
				add("comment_id", c.ID)
			}
			if i.Pull == nil {
				continue
			}
			add("pull_number", i.Number)
			for _, w := range i.Pull.Reviews {
				add("review_id", w.ID)
				for _, c := range w.Comments {
					add("comment_id", c.ID)
				}
			}
		}
		for _, c := range r.CommitComments {
			add("comment_id", c.ID)
			add("commit_sha", c.Commit)
		}
		for _, l := range r.Labels {
			add("name", l.Name)
		}
		for _, m := range r.Milestones {
			add("milestone_number", m.Number)
		}
		for _, e := range r.Releases {
			add("release_id", e.ID)
			add("tag", e.Tag)
			for _, a := range e.Assets {
				add("asset_id", a.ID)
			}
		}
		for _, u := range r.Rulesets {
			add("ruleset_id", u.ID)
		}
		all = append(all, fill(pattern, v)...)
	}
	return all
}

// fill puts each combination of values into a pattern; none when a name has no
// value.
func fill(pattern string, values map[string][]string) []string {
	before, rest, found := strings.Cut(pattern, "{")
	if !found {
		return []string{pattern}
	}
	name, after, _ := strings.Cut(rest, "}")
	var all []string
	for _, v := range values[name] {
		for _, tail := range fill(after, values) {
			all = append(all, before+url.PathEscape(v)+tail)
		}
	}
	return all
}
