package fsfs

import (
	"slices"
	"testing"
)

func TestCache(t *testing.T) {
	var dropped []int
	c := newCache[string](10, func(v int) int { return v }, func(v int) { dropped = append(dropped, v) })
	c.put("a", 3)
	c.put("b", 4)
	c.get("a")
	c.put("c", 5) // over the limit: b was used longest ago
	if _, ok := c.get("b"); ok {
		t.Error("b is still there")
	}
	if v, ok := c.get("a"); !ok || v != 3 {
		t.Errorf("a is %d, %v", v, ok)
	}
	c.put("d", 20) // larger than all: kept alone
	if v, ok := c.get("d"); !ok || v != 20 {
		t.Errorf("d is %d, %v", v, ok)
	}
	c.clear()
	slices.Sort(dropped)
	if want := []int{3, 4, 5, 20}; !slices.Equal(dropped, want) {
		t.Errorf("dropped %v, want %v", dropped, want)
	}
	if c.held != 0 || len(c.entries) != 0 {
		t.Errorf("%d held in %d entries", c.held, len(c.entries))
	}
}
