package directory

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// TestSorterSpills sorts with chunks of a few lines, so that runs of several
// levels come about, and compares with sorting in memory.
func TestSorterSpills(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for i := range 3000 {
		kind := schema.Kinds()[random.IntN(3)]
		lines = append(lines, fmt.Sprintf(`{"kind":"%s","id":"%d","revision":"%d","body":{}}`, kind, random.IntN(900), i))
	}
	older := strings.NewReader(`{"kind":"repository","id":"1","revision":"old","body":{}}` + "\n" + `{"kind":"repository","id":"zz","revision":"old","body":{}}` + "\n")
	sorted := func(limit int) ([]string, int) {
		s := newSorter(t.TempDir())
		s.limit = limit
		for _, line := range lines {
			if _, err := s.add(t.Context(), []byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		var all []string
		if _, err := older.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		if err := s.each(t.Context(), []io.Reader{older}, func(_ sortKey, line []byte) error {
			all = append(all, string(line))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		top := 0
		if len(s.runs) > 0 {
			top = s.runs[0].level
		}
		left, err := os.ReadDir(s.dir)
		if err != nil || len(left) != len(s.runs) {
			t.Errorf("%d files for %d runs, %v", len(left), len(s.runs), err)
		}
		return all, top
	}
	want, level := sorted(chunkBytes)
	if level != 0 || want[len(want)-1] == "" || !strings.Contains(strings.Join(want, "\n"), `"id":"zz","revision":"old"`) {
		t.Fatalf("%d lines, level %d", len(want), level)
	}
	got, level := sorted(5 * entryBytes)
	if level < 1 {
		t.Errorf("runs reached level %d only", level)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-in memory +spilled):\n%s", diff)
	}
	last := map[string]string{}
	for _, line := range lines {
		key, _ := lineKey([]byte(line))
		last[key.String()] = line
	}
	for _, line := range got {
		key, _ := lineKey([]byte(line))
		if newest, ok := last[key.String()]; ok && newest != line {
			t.Errorf("%s remained instead of %s", line, newest)
		}
	}
}

// BenchmarkWrite tells how many records a second can be stored.
func BenchmarkWrite(b *testing.B) {
	target := openedTarget(b, b.TempDir())
	ref := created(b, target)
	writes := benchmarkRecords(batch)
	stored := 0
	for b.Loop() {
		write(b, target, ref, writes...)
		stored += len(writes)
	}
	b.ReportMetric(float64(stored)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkFinish sorts 200,000 records.
func BenchmarkFinish(b *testing.B) {
	const n = 200_000
	dir := b.TempDir()
	target := openedTarget(b, dir)
	ref := created(b, target)
	for start := 0; start < n; start += batch {
		write(b, target, ref, benchmarkRecords(batch)...)
	}
	journal := filepath.Join(dir, "acme", "api.records", "incoming", "journal.ndjson")
	saved := filepath.Join(dir, "journal")
	if err := os.Link(journal, saved); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		finish(b, target, ref)
		if err := os.Mkdir(filepath.Dir(journal), 0o777); err != nil {
			b.Fatal(err)
		}
		if err := os.Link(saved, journal); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// benchmarkRecords are comments with random ids and texts of half a kilobyte.
func benchmarkRecords(n int) []providers.Write {
	body := json.RawMessage(`{"text":"` + strings.Repeat("lorem ipsum ", 40) + `"}`)
	writes := make([]providers.Write, n)
	for i := range writes {
		writes[i].Record = schema.Record{
			Kind: schema.KindComment, ID: fmt.Sprint(rand.Uint64()), Revision: "2025-02-01T08:00:00Z",
			Parent: &schema.Key{Kind: schema.KindIssue, ID: "412"}, Body: body,
		}
	}
	return writes
}
