package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

const forgePlan = `
variable "host" {
  type = string
}
secret "token" {
  env = "BENCH_TOKEN"
}
source "github" "from" {
  github_hostname       = var.host
  personal_access_token = secret.token
}
target "directory" "to" {
  path = "out"
}
repository "archive" {
  source           = source.github.from
  target           = target.directory.to
  repository       = "large/archive"
  target_namespace = ""
  new_name         = "big"
}
`

// forgeConnections is how many requests the client sends at once.
const forgeConnections = 8

// githubPerMinute is how many queries GitHub answers in a minute at most, however
// fast they are asked and whatever is left of the hourly budget: 2,000 points, of
// which one without a mutation takes one
// (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#secondary-rate-limits).
const githubPerMinute = 2000

// forge is a stand-in for GitHub with one repository, that remembers what it was
// asked through GraphQL.
type forge struct {
	*githubtest.Server
	url string

	mu    sync.Mutex
	asked [][]byte
}

// newForge starts a stand-in without rate limits that takes its time to answer.
func (b bench) newForge(issues, pulls int, latency time.Duration) *forge {
	b.Helper()
	server, err := githubtest.New(githubtest.Options{Root: b.TempDir(), Unchecked: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	const plenty = 1 << 40
	server.Limits(githubtest.Limits{Core: plenty, GraphQL: plenty, Search: plenty, Anonymous: plenty, Window: time.Hour})
	repository, err := githubtest.Large(server.Model, issues, 5)
	if err != nil {
		b.Fatal(err)
	}
	githubtest.AddPulls(server.Model, repository, pulls)
	server.Faults(githubtest.Latency(latency))
	b.Setenv("BENCH_TOKEN", server.Token(repository.Owner))
	f := &forge{Server: server}
	front := httptest.NewServer(f)
	b.Cleanup(front.Close)
	f.url = front.URL
	return f
}

// ServeHTTP notes what GraphQL is asked.
func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/graphql") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.asked = append(f.asked, body)
		f.mu.Unlock()
	}
	f.Server.ServeHTTP(w, r)
}

// repeat asks the same again, as many at once as the client does, and throws the
// answers away: nobody who asks this can have it sooner.
func (f *forge) repeat(b *testing.B) time.Duration {
	b.Helper()
	var g errgroup.Group
	g.SetLimit(forgeConnections)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: forgeConnections}}
	defer client.CloseIdleConnections()
	start := time.Now()
	for _, body := range f.asked {
		g.Go(func() error {
			r, err := http.NewRequest(http.MethodPost, f.url+"/api/graphql", bytes.NewReader(body))
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+os.Getenv("BENCH_TOKEN"))
			answer, err := client.Do(r)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// BenchmarkForgeRequests counts what it takes to plan and carry over 1,000 issues
// with five comments each and 300 pull requests with reviews, and what it takes
// when nothing is new.
//
// A reader of REST that asks for each list of each object needs, of a hundred
// items a page: 13 pages of issues, 1,300 lists of comments, 1,300 timelines, 300
// pull requests, 300 lists of reviews and 300 of comments on the diff.
func BenchmarkForgeRequests(b *testing.B) {
	const pages = 13 + 1300 + 1300 + 300 + 300 + 300
	at := newBench(b, forgePlan)
	f := at.newForge(1000, 300, 0)
	var first, again cost
	var requests, nothing int64
	for b.Loop() {
		at := at.in(forgePlan)
		apply := []string{"apply", "--yes", "--progress", "none", "--var", "host=" + f.url}
		before := f.Requests()
		first.add(at.run("drover", apply...))
		between := f.Requests()
		again.add(at.run("drover", apply...))
		requests += between - before
		nothing += f.Requests() - between
	}
	n := float64(b.N)
	b.ReportMetric(float64(requests)/n, "requests")
	b.ReportMetric(float64(requests)/n/pages, "x/page-per-list")
	b.ReportMetric(float64(nothing)/n, "requests/unchanged")
	b.ReportMetric(first.wall.Seconds()/n, "s/apply")
	b.ReportMetric(again.wall.Seconds()/n, "s/unchanged")
}

// BenchmarkForge carries a repository of 100,000 issues and 500,000 comments from
// a GitHub that takes 50 ms for each answer to an archive. It compares that with
// what GitHub's limit of queries in a minute allows, with what the latency and
// the number of connections would, and with asking the same and throwing the
// answers away.
func BenchmarkForge(b *testing.B) {
	const latency = 50 * time.Millisecond
	issues := 100_000
	if testing.Short() {
		issues = 5_000
	}
	at := newBench(b, forgePlan)
	f := at.newForge(issues, 0, latency)
	var all cost
	var asked time.Duration
	var requests, records int64
	for b.Loop() {
		at := at.in(forgePlan)
		f.asked = nil
		all.add(at.run("drover", "apply", "--yes", "--progress", "none", "--var", "host="+f.url))
		records += at.archived()
		requests += int64(len(f.asked))
		asked += f.repeat(b)
	}
	allowed := time.Duration(requests) * latency / forgeConnections
	b.ReportMetric(float64(records)/all.wall.Seconds(), "records/s")
	limit := time.Duration(requests) * time.Minute / githubPerMinute
	b.ReportMetric(ratio(limit, all.wall), "share-of-rate-limit")
	b.ReportMetric(float64(requests)/float64(b.N), "requests")
	b.ReportMetric(ratio(asked, all.wall), "share-of-asking")
	b.ReportMetric(ratio(allowed, all.wall), "share-of-latency")
	b.ReportMetric(all.cpu.Seconds()*1e6/float64(records), "cpu-µs/record")
	at.reportMemory(all)
}
