package githubtest

import (
	"net/http"
	"time"

	"github.com/drover-migrate/drover/providers/standin"
)

// Fault disturbs some requests. Its Path is matched with the path within the
// interface, such as "/repos/*" or "/graphql", or with that of a web page or of git.
type Fault = standin.Fault

// Latency makes every request take longer.
func Latency(d time.Duration) Fault { return standin.Latency(d) }

// Storm answers n requests for path with 502, as an overloaded GitHub does.
func Storm(path string, n int) Fault { return standin.Storm(path, n, http.StatusBadGateway) }

// SecondaryLimit answers n requests for path as GitHub does to those who ask
// too quickly. Without a wait GitHub does not say how long to stay away.
func SecondaryLimit(path string, n int, wait time.Duration) Fault {
	return Fault{
		Path: path, Times: n, Status: http.StatusForbidden, RetryAfter: wait, Header: map[string]string{"Content-Type": "application/json; charset=utf-8"},
		Body: `{"documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits","message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`,
	}
}

// faultPath is what the path of a fault is matched with.
func faultPath(r *http.Request) string {
	if path, shape := apiPath(r.URL.Path); shape != apiNone {
		return path
	}
	return r.URL.Path
}
