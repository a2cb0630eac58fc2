package state_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// BenchmarkItems carries a million items through the ledger in batches of 500,
// as a first migration does: with ids that ascend, as forges give them, and
// scattered, so that every item of a batch lies on a page of its own. The
// budget for ids that ascend is 40 µs an item.
func BenchmarkItems(b *testing.B) {
	const total, size = 1_000_000, 500
	for name, stride := range map[string]int{"ascending": 1, "scattered": 7919} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				s, l := newLedger(b)
				pass := startPass(b, l, "issues")
				for n := 0; n < total; n += size {
					carry(b, l, pass.Pass, n, size, func(i int) string { return fmt.Sprint(100_000_000 + i*stride%total) })
				}
				check(b, s.Close())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/total, "ns/item")
		})
	}
}

// carry takes size items from n on through all that is asked of the ledger.
func carry(b *testing.B, l *state.Ledger, pass int64, n, size int, id func(int) string) {
	b.Helper()
	batch := schema.Batch{Stream: "issues", Pass: pass, Cursor: schema.Cursor(fmt.Sprint(n))}
	keys := make([]schema.Key, size)
	for i := range keys {
		keys[i] = schema.Key{Kind: schema.KindComment, ID: id(n + i)}
		batch.Items = append(batch.Items, schema.Item{Key: keys[i], Revision: "2026-01-02T03:04:05Z", State: schema.ItemDone})
	}
	if _, err := l.Lookup(b.Context(), keys); err != nil {
		b.Fatal(err)
	}
	check(b, l.Intend(b.Context(), batch.Items))
	for i := range batch.Items {
		batch.Items[i].Ref = schema.Ref{ID: fmt.Sprint(n + i), URL: fmt.Sprintf("https://gitea.example/acme/api/issues/12#comment-%d", n+i)}
	}
	check(b, l.Commit(b.Context(), batch))
}

// BenchmarkEntries reads 50,000 resources, as every plan does.
func BenchmarkEntries(b *testing.B) {
	s := open(b, newPath(b))
	run := begin(b, s)
	for n := range 50_000 {
		claim(b, s, run, entry(fmt.Sprint(n)))
	}
	b.ResetTimer()
	for range b.N {
		if entries, err := s.Entries(b.Context()); err != nil || len(entries) != 50_000 {
			b.Fatal(len(entries), err)
		}
	}
}

// BenchmarkLookup asks for 500 known keys among 100,000.
func BenchmarkLookup(b *testing.B) {
	_, l := newLedger(b)
	var items []schema.Item
	for n := range 100_000 {
		items = append(items, item(schema.KindIssue, fmt.Sprint(n), schema.ItemDone))
	}
	check(b, l.Commit(b.Context(), schema.Batch{Items: items}))
	keys := make([]schema.Key, 500)
	for i := range keys {
		keys[i] = items[i*199].Key
	}
	for b.Loop() {
		if _, err := l.Lookup(b.Context(), keys); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFamilies records issues with five comments each, as a source yields
// them that tells which of them it read whole, and reports how much more the
// last of them cost than the first.
func BenchmarkFamilies(b *testing.B) {
	const batches, size, children = 400, 100, 5
	var first, last time.Duration
	for range b.N {
		s, l := newLedger(b)
		pass := startPass(b, l, "threads")
		for n := range batches {
			batch := schema.Batch{Stream: "threads", Pass: pass.Pass}
			for i := range size {
				issue := item(schema.KindIssue, fmt.Sprint(n*size+i), schema.ItemDone)
				batch.Items = append(batch.Items, issue)
				batch.Whole = append(batch.Whole, issue.Key)
				for k := range children {
					comment := item(schema.KindComment, fmt.Sprint(issue.Key.ID, "#", k), schema.ItemDone)
					comment.Parent = issue.Key
					batch.Items = append(batch.Items, comment)
				}
			}
			start := time.Now()
			check(b, l.Commit(b.Context(), batch))
			switch {
			case n < batches/10:
				first += time.Since(start)
			case n >= batches-batches/10:
				last += time.Since(start)
			}
		}
		check(b, s.Close())
	}
	b.ReportMetric(float64(last)/float64(first), "last/first")
	b.ReportMetric(float64(last.Nanoseconds())/float64(b.N*batches/10*size*(children+1)), "ns/item")
}
