package giteatest

import (
	_ "embed"
	"net/http"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// description is Gitea's own; spec/README.md says where it is from.
//
//go:embed spec/gitea-1.26.0.json.gz
var description []byte

// contract is read once: it takes longer than most tests that use a server.
var contract = sync.OnceValues(func() (*contracttest.Contract, error) {
	return contracttest.Load(description, contracttest.Options{
		Slashes:    []string{"filepath", "branch", "ref", "tag", "name", "basehead"},
		Exceptions: exceptions(),
	})
})

// exceptions are where Gitea 1.26.0 differs from its own description.
func exceptions() []contracttest.Exception {
	return []contracttest.Exception{
		{Operation: "*", Members: []string{"username"}, Why: "each user is sent with the login twice, for clients of Gogs"},
		{Operation: "*", Status: http.StatusUnauthorized, Why: "a bad token is refused everywhere"},
		{Operation: "*", Status: http.StatusForbidden, Why: "so is a user without the permission"},
		{Operation: "*", Status: http.StatusNotFound, Why: "and a repository that the user must not see"},
		{Operation: "*", Status: http.StatusUnprocessableEntity, Why: "a body that cannot be read, or lacks what is required"},
		{Operation: "*", Status: http.StatusBadRequest, Why: "what a request says cannot be done"},
		{Operation: "*", Status: http.StatusLocked, Why: "an archived repository is not written to"},
		{Operation: "PATCH /repos/{owner}/{repo}/issues/{index}", Status: http.StatusConflict, Why: "somebody else changed the text"},
		{Operation: "DELETE /repos/{owner}/{repo}/issues/{index}/dependencies", Status: http.StatusCreated, As: http.StatusOK, Why: "201 is sent, 200 is described"},
		{Operation: "GET /repos/{owner}/{repo}/pulls/{index}.{diffType}", Type: "text/plain", Why: "a text is described as JSON"},
		{Operation: "POST /orgs/{org}/repos", Status: http.StatusConflict, Why: "the name is taken"},
		{Operation: "POST /repos/{owner}/{repo}/tags", Status: http.StatusCreated, As: http.StatusOK, Why: "201 is sent, 200 is described"},
		{Operation: "*", Null: true, Why: "an empty list is null where nobody made it a list"},
		{Operation: "POST /repos/{owner}/{repo}/pulls/{index}/merge", Members: []string{"Do"}, Absent: []string{"do"}, Why: "the server reads Do; its description says do"},
		{Operation: "POST /repos/{owner}/{repo}/pulls/{index}/merge", Members: []string{"MergeCommitID", "MergeTitleField", "MergeMessageField"}, Why: "named like Do"},
	}
}

// checked holds the API to its description.
func checked(next http.Handler, violated func(string)) (http.Handler, error) {
	c, err := contract()
	if err != nil {
		return nil, err
	}
	covers := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") && !switchedOff(r.URL.Path) }
	return c.Handler(next, covers, violated), nil
}

// switchedOff are the parts that the description here leaves out. The stand-in is
// a server on which an administrator switched them off.
func switchedOff(path string) bool {
	return strings.HasPrefix(path, "/api/v1/packages/") || strings.HasPrefix(path, "/api/v1/repos/") && strings.Contains(path, "/actions/")
}
