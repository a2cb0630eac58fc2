package plugin_test

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func BenchmarkRead(b *testing.B) {
	s := openSource(b, launch(b, options(b, "fake")))
	b.ResetTimer()
	n := 0
	for m, err := range s.Read(b.Context(), providers.ReadRequest{Stream: fmt.Sprint(b.N)}) {
		if err != nil {
			b.Fatal(err)
		}
		if m.Record != nil {
			n++
		}
	}
	if n != b.N {
		b.Fatalf("%d records of %d", n, b.N)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkWrite writes in batches of 500.
func BenchmarkWrite(b *testing.B) {
	const size = 500
	s := openTarget(b, launch(b, options(b, "fake")))
	r := providers.WriteRequest{Repo: schema.Ref{ID: "bench"}}
	for i := range size {
		r.Writes = append(r.Writes, providers.Write{Record: *record(i)})
	}
	b.ResetTimer()
	for range b.N {
		if _, err := s.Write(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
}
