package githubtest

import (
	"net/http"
	"slices"
	"strings"
)

// routes are the operations of REST that are served, as GitHub's description
// writes them.
func routes() []route {
	const repo = "GET /repos/{owner}/{repo}"
	return []route{
		{"GET /meta", getMeta},
		{"GET /rate_limit", getRateLimit},
		{"GET /user", getUser},
		{"GET /user/orgs", listMyOrgs},
		{"GET /user/repos", listMyRepositories},
		{"GET /user/{account_id}", getUserByID},
		{"GET /users/{username}", getUserByLogin},
		{"GET /users/{username}/gists", listGistsOf},
		{"GET /users/{username}/orgs", listOrgsOf},
		{"GET /users/{username}/packages", listPackages},
		{"GET /users/{username}/repos", listRepositoriesOf},
		{"GET /orgs/{org}", getOrg},
		{"GET /orgs/{org}/issue-types", listIssueTypes},
		{"GET /orgs/{org}/members", listMembers},
		{"GET /orgs/{org}/packages", listPackages},
		{"GET /orgs/{org}/repos", listRepositoriesOf},
		{"GET /gists", listMyGists},
		{"GET /gists/{gist_id}", withGist(getGist)},
		{"GET /gists/{gist_id}/comments", withGist(listGistComments)},

		{repo, getRepository},
		{repo + "/actions/secrets", names("secrets", func(r *Repository) []string { return r.Secrets })},
		{repo + "/actions/variables", names("variables", func(r *Repository) []string { return r.Variables })},
		{repo + "/assignees", listAssignees},
		{repo + "/autolinks", nothing},
		{repo + "/branches", listBranches},
		{repo + "/branches/{branch}/protection", getProtection},
		{repo + "/collaborators", listCollaborators},
		{repo + "/collaborators/{username}/permission", getCollaboratorPermission},
		{repo + "/comments", listCommitComments},
		{repo + "/comments/{comment_id}", withCommitComment(func(c *call, o *CommitComment) (any, error) { return c.commitComment(o), nil })},
		{repo + "/comments/{comment_id}/reactions", withCommitComment(func(c *call, o *CommitComment) (any, error) { return listReactions(c, &o.Content) })},
		{repo + "/commits/{commit_sha}/comments", listCommitComments},
		{repo + "/dependabot/secrets", names("secrets", func(*Repository) []string { return nil })},
		{repo + "/environments", names("environments", func(r *Repository) []string { return r.Environments })},
		{repo + "/hooks", listHooks},
		{repo + "/issue-types", listIssueTypes},
		{repo + "/keys", listKeys},
		{repo + "/labels", listLabels},
		{repo + "/labels/{name}", getLabel},
		{repo + "/languages", getLanguages},
		{repo + "/license", getLicense},
		{repo + "/milestones", listMilestones},
		{repo + "/milestones/{milestone_number}", getMilestone},
		{repo + "/releases", listReleases},
		{repo + "/releases/assets/{asset_id}", getAsset},
		{repo + "/releases/latest", oneRelease(latest)},
		{repo + "/releases/tags/{tag}", oneRelease(byTag)},
		{repo + "/releases/{release_id}", oneRelease(byID)},
		{repo + "/releases/{release_id}/assets", withRelease(listAssets)},
		{repo + "/releases/{release_id}/reactions", withRelease(func(c *call, e *Release) (any, error) { return listReactions(c, &e.Content) })},
		{repo + "/rulesets", listRulesets},
		{repo + "/rulesets/{ruleset_id}", getRuleset},
		{repo + "/tags", listTags},
		{repo + "/topics", getTopics},

		{repo + "/issues", listIssues},
		{repo + "/issues/comments", listAllComments},
		{repo + "/issues/comments/{comment_id}", withComment(getComment)},
		{repo + "/issues/comments/{comment_id}/reactions", withComment(func(c *call, o *Comment) (any, error) { return listReactions(c, &o.Content) })},
		{repo + "/issues/events", listAllEvents},
		{repo + "/issues/events/{event_id}", getEvent},
		{repo + "/issues/{issue_number}", withIssue(getIssue)},
		{repo + "/issues/{issue_number}/comments", withIssue(listComments)},
		{repo + "/issues/{issue_number}/events", withIssue(listEvents)},
		{repo + "/issues/{issue_number}/labels", withIssue(listIssueLabels)},
		{repo + "/issues/{issue_number}/parent", withIssue(getParent)},
		{repo + "/issues/{issue_number}/reactions", withIssue(func(c *call, i *Issue) (any, error) { return listReactions(c, &i.Content) })},
		{repo + "/issues/{issue_number}/sub_issues", withIssue(listSubIssues)},
		{repo + "/issues/{issue_number}/timeline", withIssue(listTimeline)},

		{repo + "/pulls", listPulls},
		{repo + "/pulls/comments", listAllNotes},
		{repo + "/pulls/comments/{comment_id}", withNote(func(c *call, o *ReviewComment) (any, error) { return c.note(o), nil })},
		{repo + "/pulls/comments/{comment_id}/reactions", withNote(func(c *call, o *ReviewComment) (any, error) { return listReactions(c, &o.Content) })},
		{repo + "/pulls/{pull_number}", withPull(getPull)},
		{repo + "/pulls/{pull_number}/comments", withPull(listNotes)},
		{repo + "/pulls/{pull_number}/commits", withPull(listPullCommits)},
		{repo + "/pulls/{pull_number}/files", withPull(listPullFiles)},
		{repo + "/pulls/{pull_number}/merge", withPull(getMerged)},
		{repo + "/pulls/{pull_number}/requested_reviewers", withPull(getRequestedReviewers)},
		{repo + "/pulls/{pull_number}/reviews", withPull(listReviews)},
		{repo + "/pulls/{pull_number}/reviews/{review_id}", withReview(getReview)},
		{repo + "/pulls/{pull_number}/reviews/{review_id}/comments", withReview(listReviewNotes)},
	}
}

// undescribed are ends of paths that the description kept here lacks. GitHub
// has all of them.
func undescribed() []string {
	return []string{"/actions/secrets", "/actions/variables", "/dependabot/secrets", "/environments", "/packages"}
}

// described reports whether the description covers a request.
func described(r *http.Request) bool {
	return !slices.ContainsFunc(undescribed(), func(end string) bool { return strings.HasSuffix(r.URL.Path, end) })
}
