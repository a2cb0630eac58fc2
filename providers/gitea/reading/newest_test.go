package reading

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLastChange finds the last change among any, in few requests.
func TestLastChange(t *testing.T) {
	const now, page = int64(1_800_000_000), 3
	random := rand.New(rand.NewPCG(1, 2))
	ask := func(moments []int64, asked *int) func(int64) (change, error) {
		return func(since int64) (change, error) {
			*asked++
			var c change
			shown := 0
			for _, m := range moments { // in no order
				if m < since {
					continue
				}
				c.total++
				if shown < page {
					shown++
					c.last = max(c.last, m)
				}
			}
			c.all = c.total <= page
			return c, nil
		}
	}
	for range 500 {
		moments := make([]int64, random.IntN(60))
		span := int64(1) << random.IntN(31)
		for i := range moments {
			moments[i] = now - random.Int64N(min(span, now-1))
		}
		want := int64(0)
		if len(moments) > 0 {
			want = slices.Max(moments)
		}
		for _, known := range []int64{0, want, want - 5, now + 100} {
			known = max(known, 0)
			asked := 0
			got, err := lastChange(known, now, ask(moments, &asked))
			if err != nil || got != want {
				t.Fatalf("of %v, beginning at %d: %d, %v; want %d", moments, known, got, err, want)
			}
			if asked > 45 {
				t.Errorf("%d requests", asked)
			}
			if count := slices.DeleteFunc(slices.Clone(moments), func(m int64) bool { return m < want }); known == want && len(count) > 0 && len(count) <= page && asked > 1 {
				t.Errorf("%d requests to see that nothing changed", asked)
			}
		}
	}
	if _, err := lastChange(0, now, func(int64) (change, error) { return change{}, errors.New("no") }); err == nil {
		t.Error("an error is lost")
	}
}

func TestMoments(t *testing.T) {
	m := moments{Thread: 12, Comment: 34}
	if got := readMoments(m.etag("x")); got != m {
		t.Errorf("%+v", got)
	}
	for _, etag := range []string{"", "x", "1 2", "2 1 1 x", "1 -1 2 x", "1 99999999999999999999 2 x"} {
		if got := readMoments(etag); got != (moments{}) {
			t.Errorf("%q: %+v", etag, got)
		}
	}
}
