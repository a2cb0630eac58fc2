package directory

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

// BenchmarkInspect looks at 500 repositories, as every plan does at all of them.
// The budget for one is a tenth of what a single run of git takes.
func BenchmarkInspect(b *testing.B) {
	const n = 500
	target := openedTarget(b, b.TempDir())
	raw := bareRepository(b)
	places := make([]providers.Place, n)
	for i := range places {
		places[i] = providers.Place{ID: i, Namespace: "acme", Name: fmt.Sprintf("service-%03d", i)}
		ref, err := target.Create(b.Context(), createRequest(places[i].Namespace, places[i].Name, fmt.Sprint("forge:", i)))
		if err != nil {
			b.Fatal(err)
		}
		push(b, target, ref, providers.PartCode, raw)
	}
	for b.Loop() {
		for standing, err := range target.Inspect(b.Context(), places) {
			if err != nil || standing.Problem != nil || len(standing.Refs) == 0 {
				b.Fatalf("%+v, %v", standing, err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/repository")
}
