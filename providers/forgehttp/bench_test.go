package forgehttp

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// latency is how far away the server of the benchmarks is.
const latency = 50 * time.Millisecond

// BenchmarkThroughput compares the requests that come through in a time with
// latency × connections, which is all that there can be: "of-possible" is 1
// when the client costs nothing.
func BenchmarkThroughput(b *testing.B) {
	for _, parallel := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("Pages/%d", parallel), func(b *testing.B) {
			throughput(b, parallel, func(c *Client, do func() bool) error {
				for do() {
					for _, err := range c.Pages(b.Context(), Request{Path: "/list"}) {
						if err != nil {
							return err
						}
					}
				}
				return nil
			})
		})
		b.Run(fmt.Sprintf("GraphQL/%d", parallel), func(b *testing.B) {
			throughput(b, parallel, func(c *Client, do func() bool) error {
				for do() {
					var data struct{ Items []map[string]any }
					if _, err := c.GraphQL(b.Context(), "/graphql", "{ items }", nil, &data, "", ""); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

func throughput(b *testing.B, parallel int, work func(c *Client, do func() bool) error) {
	items := `[{"id": 1, "title": "one"}`
	for range 99 {
		items += `, {"id": 1, "title": "one"}`
	}
	items += "]"
	h := newHost(b, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		w.Header().Set("X-RateLimit-Limit", "1000000")
		w.Header().Set("X-RateLimit-Remaining", "900000")
		w.Header().Set("X-RateLimit-Reset", "2900000000")
		if r.Method == http.MethodPost {
			fmt.Fprintf(w, `{"data": {"items": %s}}`, items)
			return
		}
		fmt.Fprint(w, items)
	})
	c, err := New(Options{Base: h.URL, Tokens: []string{"t"}, Parallel: parallel, Limit: readLimit})
	if err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	left.Store(int64(b.N * parallel)) // an operation is one request on each connection
	b.ResetTimer()
	var group sync.WaitGroup
	for range parallel {
		group.Go(func() {
			if err := work(c, func() bool { return left.Add(-1) >= 0 }); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	rate := float64(c.Requests()) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "requests/s")
	b.ReportMetric(rate/(float64(parallel)/latency.Seconds()), "of-possible")
	b.ReportMetric(0, "ns/op")
}
