package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
)

// TestDegraded says once what is lost of several kinds alike, with the numbers of
// those that were counted.
func TestDegraded(t *testing.T) {
	var b strings.Builder
	p := planText{Builder: &b}
	p.degraded([]*engine.Change{
		{Degraded: []string{"3 issues: authors are lost", "reviews: authors are lost", "1 label: colours are lost", "4 numbers: nobody has them"}},
		{Degraded: []string{"issues: authors are lost", "reviews: authors are lost", "events: authors are lost", "something else is lost"}},
	})
	want := `What the targets will not hold as the sources do

3 issues, reviews in 2 resources: authors are lost
1 label in 1 resource: colours are lost
4 numbers in 1 resource: nobody has them
events in 1 resource: authors are lost
in 1 resource: something else is lost

`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
