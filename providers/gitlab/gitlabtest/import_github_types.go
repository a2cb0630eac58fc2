package gitlabtest

import "time"

// What GitHub tells, as far as an importer wants to know.
type (
	ghUser struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
	}
	ghRepository struct {
		ID            int64  `json:"id"`
		Name          string `json:"name"`
		FullName      string `json:"full_name"`
		Description   string `json:"description"`
		Private       bool   `json:"private"`
		CloneURL      string `json:"clone_url"`
		DefaultBranch string `json:"default_branch"`
		HasWiki       bool   `json:"has_wiki"`
	}
	ghLabel struct {
		Name        string `json:"name"`
		Color       string `json:"color"`
		Description string `json:"description"`
	}
	ghMilestone struct {
		Number      int64     `json:"number"`
		Title       string    `json:"title"`
		Description string    `json:"description"`
		State       string    `json:"state"`
		DueOn       time.Time `json:"due_on"`
		CreatedAt   time.Time `json:"created_at"`
		UpdatedAt   time.Time `json:"updated_at"`
	}
	ghIssue struct {
		Number    int64        `json:"number"`
		Title     string       `json:"title"`
		Body      string       `json:"body"`
		State     string       `json:"state"`
		User      *ghUser      `json:"user"`
		Labels    []ghLabel    `json:"labels"`
		Assignees []ghUser     `json:"assignees"`
		Milestone *ghMilestone `json:"milestone"`
		CreatedAt time.Time    `json:"created_at"`
		UpdatedAt time.Time    `json:"updated_at"`
		ClosedAt  time.Time    `json:"closed_at"`
		Pull      *struct{}    `json:"pull_request"`
	}
	ghTip struct {
		Ref  string        `json:"ref"`
		SHA  string        `json:"sha"`
		User *ghUser       `json:"user"`
		Repo *ghRepository `json:"repo"`
	}
	ghPull struct {
		ghIssue
		MergedAt    time.Time `json:"merged_at"`
		MergedBy    *ghUser   `json:"merged_by"`
		MergeCommit string    `json:"merge_commit_sha"`
		Head        ghTip     `json:"head"`
		Base        ghTip     `json:"base"`
		Reviewers   []ghUser  `json:"requested_reviewers"`
	}
	ghComment struct {
		ID        int64     `json:"id"`
		User      *ghUser   `json:"user"`
		Body      string    `json:"body"`
		IssueURL  string    `json:"issue_url"`
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	ghDiffNote struct {
		ghComment
		PullURL  string `json:"pull_request_url"`
		Path     string `json:"path"`
		Line     int64  `json:"line"`
		Original int64  `json:"original_line"`
		Side     string `json:"side"`
		ReplyTo  int64  `json:"in_reply_to_id"`
		Commit   string `json:"commit_id"`
	}
	ghReview struct {
		ID          int64     `json:"id"`
		User        *ghUser   `json:"user"`
		Body        string    `json:"body"`
		State       string    `json:"state"`
		SubmittedAt time.Time `json:"submitted_at"`
	}
	ghRelease struct {
		Tag       string    `json:"tag_name"`
		Name      string    `json:"name"`
		Body      string    `json:"body"`
		Draft     bool      `json:"draft"`
		Author    *ghUser   `json:"author"`
		CreatedAt time.Time `json:"created_at"`
		Published time.Time `json:"published_at"`
	}
	ghEvent struct {
		ID        int64     `json:"id"`
		Event     string    `json:"event"`
		Actor     *ghUser   `json:"actor"`
		CreatedAt time.Time `json:"created_at"`
		Label     *ghLabel  `json:"label"`
		Issue     *ghIssue  `json:"issue"`
	}
	ghCollaborator struct {
		ghUser
		Role string `json:"role_name"`
	}
	ghBranch struct {
		Name      string `json:"name"`
		Protected bool   `json:"protected"`
	}
)
