package gitlabtest

import (
	"net/http"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// publishedExceptions are where GitLab 18 differs from its own description.
func publishedExceptions() []contracttest.Exception {
	var all []contracttest.Exception
	for _, of := range []string{"issues/{issue_iid}", "merge_requests/{merge_request_iid}"} {
		for _, what := range []string{"time_estimate", "reset_time_estimate", "reset_spent_time"} {
			all = append(all, contracttest.Exception{Operation: "POST /api/v4/projects/{id}/" + of + "/" + what, Status: http.StatusOK, As: http.StatusCreated,
				Why: "only time that is added makes something new: lib/api/time_tracking_endpoints.rb"})
		}
	}
	for _, what := range []string{"repository/commits", "repository/commits/{sha}/comments"} {
		all = append(all, contracttest.Exception{Operation: "POST /api/v4/projects/{id}/" + what, Status: http.StatusCreated, As: http.StatusOK, Why: "doc/api/commits.md: what is made answers 201"})
	}
	for _, what := range []string{"", "/assets/links/{link_id}"} {
		all = append(all, contracttest.Exception{Operation: "DELETE /api/v4/projects/{id}/releases/{tag_name}" + what, Status: http.StatusOK, Why: "doc/api/releases/_index.md, links.md: what is gone is shown"})
	}
	return all
}

// clientExceptions are what GitLab says and takes that its Go client does not.
func clientExceptions() []contracttest.Exception {
	return []contracttest.Exception{
		{Operation: "*", Members: []string{
			"public_email", "locked", "commit_email", "preferred_language", "email_reset_offered_at", "highest_role", "followers", "following", "is_followed",
			"local_time", "pronouns", "work_information", "discord", "github",
		}, Why: "users are sent with more than the client reads: doc/api/users.md"},
		{Operation: "*", Members: []string{"commands_changes", "imported", "imported_from", "original_position", "summary"}, Why: "and so are notes: doc/api/notes.md, discussions.md"},
		{Operation: "*", Members: []string{"description_html"}, Why: "and labels: doc/api/labels.md"},
		{Operation: "*", Members: []string{"web_url"}, Why: "and milestones of groups: doc/api/group_milestones.md"},
	}
}

// undescribed are the operations that are there and that no description has.
func undescribed() []string {
	return []string{
		"PUT /api/v4/projects/{id}/packages/generic/{name}/{version}/{file}", // doc/user/packages/generic_packages/_index.md
		"GET /api/v4/projects/{id}/packages/generic/{name}/{version}/{file}",
		"PUT /api/v4/projects/{id}/issues/{issue}/discussions/{discussion}", // doc/api/discussions.md
	}
}

// known says whether a request is for one of them.
func known(r *http.Request) bool {
	mux := http.NewServeMux()
	for _, pattern := range undescribed() {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	_, pattern := mux.Handler(r)
	return pattern != ""
}
