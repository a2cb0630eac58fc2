package bitbucketcloudtest

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// description is Atlassian's own; spec/README.md says where it is from.
//
//go:embed spec/bitbucket-cloud-2.0.json.gz
var description []byte

// contract is read once: it takes longer than most tests that use a server.
var contract = sync.OnceValues(func() (*contracttest.Contract, error) {
	return contracttest.Load(description, contracttest.Options{Exceptions: exceptions()})
})

// exceptions are where Bitbucket differs from its description.
func exceptions() []contracttest.Exception {
	const repo = "GET /repositories/{workspace}/{repo_slug}"
	return []contracttest.Exception{
		{Operation: "*", Query: []string{"fields"}, Why: "every answer can be had in part; told on a page of its own"},
		{Operation: "*", Query: []string{"page", "pagelen"}, Why: "every list has pages; told on a page of its own"},
		{Operation: "*", Query: []string{"q", "sort"}, Why: "most lists are filtered and sorted; told on a page of its own"},
		{Operation: "*", Absent: []string{"type"}, Why: "an answer in part has what was asked for"},
		{Operation: "*", Members: []string{"type"}, Why: "texts and commits have one too, as recordings show"},
		{Operation: "*", Status: http.StatusBadRequest, Why: "a query that is not understood"},
		{Operation: "*", Status: http.StatusUnauthorized, Why: "wrong credentials are refused everywhere"},
		{Operation: "*", Status: http.StatusForbidden, Why: "so is who lacks a scope"},
		{Operation: "*", Status: http.StatusNotFound, Why: "what somebody may not see does not exist"},
		{Operation: "*", Status: http.StatusTooManyRequests, Type: "text/plain", Why: "limits hold everywhere, and are told in plain text"},
		{Operation: repo + "/issues/{issue_id}/changes", Members: []string{"assignee_account_id", "html"}, Why: "users have no names any more, and a change has a page; both stand in an example of the description"},
		{Operation: repo + "/pullrequests/{pull_request_id}/comments", Members: []string{"start_from", "start_to", "outdated"}, Why: "comments are on several lines, and get out of date"},
	}
}

// checked holds the interface to its description.
func (s *Server) checked(next http.Handler) (http.Handler, error) {
	c, err := contract()
	if err != nil {
		return nil, err
	}
	return c.Handler(next, nil, s.Violated), nil
}
