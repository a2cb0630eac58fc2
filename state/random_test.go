package state_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// model is what the ledger of one stream should hold, in the plainest form.
type model struct {
	items  map[schema.Key]schema.Item
	seen   map[schema.Key]int64 // the pass of the stream, where one yielded it
	pass   int64
	cursor schema.Cursor
}

// TestRandomOperations compares the ledger with a map over random operations,
// reopening the state now and then.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			path := newPath(t)
			s := open(t, path)
			l := claim(t, s, begin(t, s), entry("api"))
			m := &model{items: map[schema.Key]schema.Item{}, seen: map[schema.Key]int64{}}
			for range 200 {
				switch n := r.IntN(100); {
				case n < 35:
					m.intend(t, r, l)
				case n < 75:
					m.commit(t, r, l)
				case n < 85:
					m.start(t, l)
				case n < 93:
					m.finish(t, r, l)
				default:
					check(t, s.Close())
					s = reopen(t, path)
					e, err := s.Entry(t.Context(), entry("api").Address)
					check(t, err)
					l = claim(t, s, begin(t, s), e)
				}
				m.compare(t, s, l)
			}
			if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
				t.Errorf("check: %v, %v", problems, err)
			}
		})
	}
}

// reopen is open with true randomness, for a state that has runs already.
func reopen(t *testing.T, path string) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), path, state.Options{Now: clock()})
	check(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func randomKey(r *rand.Rand) schema.Key {
	kinds := []schema.Kind{schema.KindIssue, schema.KindComment}
	return schema.Key{Kind: kinds[r.IntN(len(kinds))], ID: fmt.Sprint(r.IntN(30))}
}

func (m *model) intend(t *testing.T, r *rand.Rand, l *state.Ledger) {
	t.Helper()
	var items []schema.Item
	for range r.IntN(5) {
		i := schema.Item{Key: randomKey(r), Revision: fmt.Sprint(r.IntN(3))}
		items = append(items, i)
		i.State, i.Ref = schema.ItemIntent, m.items[i.Key].Ref
		m.items[i.Key] = i
	}
	check(t, l.Intend(t.Context(), items))
}

func (m *model) commit(t *testing.T, r *rand.Rand, l *state.Ledger) {
	t.Helper()
	var batch schema.Batch
	if m.pass > 0 && r.IntN(4) > 0 {
		batch.Stream, batch.Pass = "issues", m.pass
		if r.IntN(2) == 0 {
			m.cursor = schema.Cursor(fmt.Sprint(r.IntN(1000)))
			batch.Cursor = m.cursor
		}
	}
	states := []schema.ItemState{schema.ItemDone, schema.ItemFailed, schema.ItemSkipped}
	for range r.IntN(6) {
		i := schema.Item{Key: randomKey(r), Revision: fmt.Sprint(r.IntN(3)), State: states[r.IntN(len(states))]}
		if i.State == schema.ItemDone {
			i.Ref = schema.Ref{ID: fmt.Sprint(r.IntN(1000)), URL: fmt.Sprint(r.IntN(1000))}
		}
		batch.Items = append(batch.Items, i)
		if i.Ref.ID == "" {
			i.Ref = m.items[i.Key].Ref
		}
		m.items[i.Key] = i
		m.yield(batch, i.Key)
	}
	for range r.IntN(6) {
		k := randomKey(r)
		i, known := m.items[k]
		if !known || batch.Stream == "" {
			continue
		}
		batch.Seen = append(batch.Seen, k)
		if i.State == schema.ItemGone && i.Ref.ID != "" {
			i.State = schema.ItemDone
		}
		m.items[k] = i
		m.yield(batch, k)
	}
	for range r.IntN(2) {
		k := randomKey(r)
		batch.Gone = append(batch.Gone, k)
		if i, known := m.items[k]; known && i.State != schema.ItemIntent {
			i.State = schema.ItemGone
			m.items[k] = i
		}
	}
	check(t, l.Commit(t.Context(), batch))
}

func (m *model) yield(batch schema.Batch, k schema.Key) {
	if batch.Stream != "" {
		m.seen[k] = batch.Pass
	}
}

func (m *model) start(t *testing.T, l *state.Ledger) {
	t.Helper()
	pass := startPass(t, l, "issues")
	if m.pass == 0 {
		m.pass, m.cursor = pass.Pass, ""
	}
	if pass.Pass != m.pass || pass.Cursor != m.cursor {
		t.Fatalf("started %+v, want pass %d at %q", pass, m.pass, m.cursor)
	}
}

func (m *model) finish(t *testing.T, r *rand.Rand, l *state.Ledger) {
	t.Helper()
	if m.pass == 0 {
		return
	}
	complete := r.IntN(2) == 0
	var want int64
	for k, i := range m.items {
		pass, yielded := m.seen[k]
		if complete && k.Kind == schema.KindIssue && yielded && pass != m.pass && i.State != schema.ItemIntent && i.State != schema.ItemGone {
			i.State = schema.ItemGone
			m.items[k] = i
			want++
		}
	}
	gone, err := l.FinishPass(t.Context(), "issues", m.pass, []schema.Kind{schema.KindIssue}, schema.PassEnd{Validator: "v", Complete: complete})
	if err != nil || gone != want {
		t.Fatalf("%d items are gone, %v; want %d", gone, err, want)
	}
	m.pass = 0
}

func (m *model) compare(t *testing.T, s *state.Store, l *state.Ledger) {
	t.Helper()
	var keys []schema.Key
	var want []schema.Item
	counts := schema.Counts{}
	for _, kind := range []schema.Kind{schema.KindIssue, schema.KindComment} {
		for n := range 30 {
			k := schema.Key{Kind: kind, ID: fmt.Sprint(n)}
			i := m.items[k]
			i.Key = k
			keys, want = append(keys, k), append(want, i)
			c := counts[kind]
			switch i.State {
			case "", schema.ItemGone:
				continue
			case schema.ItemDone:
				c.Imported++
			case schema.ItemFailed:
				c.Failed++
			case schema.ItemSkipped:
				c.Skipped++
			}
			c.Source, c.Fetched = c.Source+1, c.Fetched+1
			counts[kind] = c
		}
	}
	if diff := cmp.Diff(want, lookup(t, l, keys...)); diff != "" {
		t.Fatalf("items (-want +got):\n%s", diff)
	}
	tally, err := l.Tally(t.Context())
	check(t, err)
	if diff := cmp.Diff(counts, tally); diff != "" {
		t.Fatalf("tally (-want +got):\n%s", diff)
	}
	if m.pass > 0 {
		streams, err := s.Streams(t.Context(), l.Entry().Address)
		if err != nil || streams["issues"].Cursor != m.cursor {
			t.Fatalf("stream %+v, %v; want the cursor %q", streams["issues"], err, m.cursor)
		}
	}
}
