package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// BenchmarkLanes writes the issues and comments of a repository to a target that
// takes 50 ms for each, in one lane and in eight. The ratio is how many times as
// fast eight are; issues are created one after the other all the same.
func BenchmarkLanes(b *testing.B) {
	const latency, issues, comments = 50 * time.Millisecond, 24, 9
	migrate := func(lanes int) time.Duration {
		f := newForges(b)
		f.to.numbers = []schema.Kind{schema.KindIssue}
		for i := range issues {
			key := schema.Key{Kind: schema.KindIssue, ID: fmt.Sprint("i", i)}
			f.from.add(schema.KindIssue, key.ID, nil, fmt.Sprintf(`{"number":%d,"title":"t","state":"open"}`, i+1))
			for c := range comments {
				f.from.add(schema.KindComment, fmt.Sprintf("c%d-%d", i, c), &key, `{"text":"x"}`)
			}
		}
		f.to.gate = func(context.Context, schema.Record) { time.Sleep(latency) }
		s := f.open(b)
		defer s.Close()
		c, work := f.plan(b, s), f.work(b, s)
		work.Lanes = lanes
		start := time.Now()
		if outcome, err := engine.Apply(context.Background(), c, work); err != nil || !outcome.Complete() {
			b.Fatalf("outcome %+v, %v", outcome, err)
		}
		return time.Since(start)
	}
	for b.Loop() {
		one, eight := migrate(1), migrate(8)
		b.ReportMetric(one.Seconds()/eight.Seconds(), "x-of-one-lane")
	}
}
