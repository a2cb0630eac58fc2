package threads_test

import (
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/github/threads"
)

// large is a repository of many issues with five comments each, and of pull
// requests with a review of two comments each.
func large(t testing.TB, issues, pulls int) *world {
	t.Helper()
	server := newServer(t, githubtest.Options{NoGit: true, Unchecked: true})
	r, err := githubtest.Large(server.Model, issues, 5)
	if err != nil {
		t.Fatal(err)
	}
	githubtest.AddPulls(server.Model, r, pulls)
	return &world{t: t, server: server, model: server.Model, repo: r, token: server.Token(r.Owner)}
}

// TestRequests counts what it takes to read 1,000 issues with 5 comments each and
// 300 pull requests with reviews.
//
// A reader of REST that asks for each list of each object needs, of a hundred
// items a page,
//
//	   13  pages of issues, pull requests among them
//	1,300  lists of comments
//	1,300  timelines
//	  300  pull requests, for what the list does not tell
//	  300  lists of reviews
//	  300  lists of comments on the diff
//
// which are 3,513, and more for each object with reactions. With the lists that
// span the whole repository (comments, events, and comments on diffs) the second
// and the last become 56 and one reading becomes 1,969, without reactions.
func TestRequests(t *testing.T) {
	const rest = 13 + 1300 + 1300 + 300 + 300 + 300
	w := large(t, 1000, 300)
	client := w.client(nil)
	o, err := collect(t.Context(), client, w.place(0), providers.ReadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := o.end.Counts["comment"] - (5000 + 600); diff != 0 {
		t.Errorf("%d comments too many", diff)
	}
	n := client.Requests()
	t.Logf("%d requests; by REST %d", n, rest)
	if n > rest/10 {
		t.Errorf("it took %d requests, more than a tenth of %d", n, rest)
	}
}

// BenchmarkRead reads with a latency of 50 ms, and reports how many times faster
// it is than one request after the other would be.
func BenchmarkRead(b *testing.B) {
	const latency = 50 * time.Millisecond
	w := large(b, 2000, 0)
	w.server.Faults(githubtest.Latency(latency))
	for b.Loop() {
		client := w.client(nil)
		records, began := 0, time.Now()
		for m, err := range threads.Read(b.Context(), client, w.place(0), providers.ReadRequest{}) {
			if err != nil {
				b.Fatal(err)
			}
			if m.Record != nil {
				records++
			}
		}
		took := time.Since(began)
		b.ReportMetric(float64(client.Requests()), "requests")
		b.ReportMetric(float64(client.Requests())*latency.Seconds()/took.Seconds(), "at-once")
		b.ReportMetric(float64(records)/took.Seconds(), "records/s")
	}
}
