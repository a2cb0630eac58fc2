package bitbucketservertest

import (
	"bytes"
	"embed"
	"net/http"
	"sync"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// descriptions are Atlassian's; spec/README.md says where they are from.
//
//go:embed spec/*.gz
var descriptions embed.FS

// The contracts are read once: that takes longer than most tests that use a server.
var (
	contract8  = sync.OnceValues(func() (*contracttest.Contract, error) { return load("8.14") })
	contract10 = sync.OnceValues(func() (*contracttest.Contract, error) { return load("10.3") })
)

func load(version string) (*contracttest.Contract, error) {
	packed, err := descriptions.ReadFile("spec/bitbucket-" + version + ".json.gz")
	if err != nil {
		return nil, err
	}
	text, err := contracttest.Unpack(packed)
	if err != nil {
		return nil, err
	}
	// One of them names the character set in the media type, and JSON has only one.
	text = bytes.ReplaceAll(text, []byte(`"application/json;charset=UTF-8"`), []byte(`"application/json"`))
	return contracttest.Load(text, contracttest.Options{Slashes: []string{"attachmentId"}, Exceptions: exceptions()})
}

// exceptions are where the server differs from both descriptions.
func exceptions() []contracttest.Exception {
	const (
		repo  = "GET /api/latest/projects/{projectKey}/repos/{repositorySlug}"
		pulls = repo + "/pull-requests"
		pull  = pulls + "/{pullRequestId}"
	)
	return []contracttest.Exception{
		{Operation: "*", Status: http.StatusUnauthorized, Why: "whoever is not signed in is refused everywhere"},
		{Operation: "*", Status: http.StatusNotFound, Why: "what is above may be missing, too"},
		{Operation: "*", Status: http.StatusConflict, Why: "a repository may not be available"},
		{Operation: pulls, Members: []string{"author", "properties"}, Why: "recordings have the author, and counts among the properties"},
		{Operation: pull, Members: []string{"author", "properties"}, Why: "likewise"},
		{Operation: pull + "/activities", Members: activityMembers(), Why: "only what all activities have in common is described"},
		{Operation: pull + "/comments/{commentId}", Members: []string{"tasks", "permittedOperations"}, Why: "servers before 7.2 have tasks, and all say what may be done"},
		{Operation: repo + "/labels", Query: []string{"start", "limit"}, Members: []string{"values", "size", "limit", "start", "isLastPage", "nextPageStart"}, Why: "a page is described as one label"},
		{Operation: repo + "/attachments/{attachmentId}", Type: "application/octet-stream", Why: "a file is described as JSON"},
		{Operation: repo + "/attachments/{attachmentId}", Type: "image/png", Why: "likewise"},
	}
}

// activityMembers are those that recordings of activities have.
func activityMembers() []string {
	return []string{"comment", "commentAction", "commentAnchor", "diff", "commit", "fromHash", "previousFromHash", "toHash", "previousToHash", "added", "removed", "addedReviewers", "removedReviewers"}
}
