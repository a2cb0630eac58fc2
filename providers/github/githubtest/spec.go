package githubtest

import (
	_ "embed"
	"sync"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// description is the part of GitHub's own description of REST that routes()
// needs; spec/README.md says where it is from. TestDescription makes it anew.
//
//go:embed spec/api.github.com.json.gz
var description []byte

// loadContract reads the description once: tests start many servers.
var loadContract = sync.OnceValues(func() (*contracttest.Contract, error) {
	return contracttest.Load(description, contracttest.Options{Exceptions: exceptions()})
})

// exceptions are where GitHub differs from its description.
func exceptions() []contracttest.Exception {
	const every = "*"
	const repo = "GET /repos/{owner}/{repo}"
	all := []contracttest.Exception{
		{Operation: every, Status: 301, As: 404, Why: "each path of a renamed repository redirects, with a message"},
		{Operation: every, Status: 304, Why: "conditional requests work everywhere"},
		{Operation: every, Status: 401, As: 404, Why: "an unknown token is refused everywhere"},
		{Operation: every, Status: 403, As: 404, Why: "rate limits hold everywhere"},
		{Operation: every, Status: 404, Why: "what the token may not see does not exist"},
		{Operation: every, Status: 410, Why: "deleted issues are gone below all their paths"},
		{Operation: every, Status: 422, Why: "lists end after 30,000 items"},
		{Operation: every, Status: 429, As: 404, Why: "rate limits hold everywhere"},
		{Operation: "GET /meta", Members: []string{"installed_version"}, Why: "Enterprise Server tells its version"},
		{Operation: repo + "/pulls/{pull_number}", Members: []string{"parent"}, Why: "teams have parents, as recordings show"},
	}
	for _, events := range []string{"/issues/events", "/issues/events/{event_id}", "/issues/{issue_number}/events"} {
		all = append(all, contracttest.Exception{Operation: repo + events, Members: []string{"state_reason"}, Why: "described in the timeline only"})
	}
	return all
}
