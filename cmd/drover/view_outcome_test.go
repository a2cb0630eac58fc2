package main

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
)

func TestWriteOutcome(t *testing.T) {
	tests := []struct {
		name    string
		outcome engine.Outcome
		want    string
	}{
		{"nothing", engine.Outcome{}, "Applied: nothing to do.\n"},
		{"all well", engine.Outcome{Created: 1204, Resynced: 1, Adopted: 2, Resumed: 3, Forgotten: 4}, "Applied: 1,204 created, 1 re-synced, 2 adopted, 3 resumed, 4 forgotten.\n"},
		{"partial, of one sort", engine.Outcome{Created: 2, Partial: 1, Items: 3}, "Applied: 2 created (1 partial). 3 items failed: drover failures\n"},
		{"partial, of several sorts", engine.Outcome{Created: 1, Renamed: 1, Partial: 1, Items: 1}, "Applied: 1 created, 1 renamed; 1 of them partial. 1 item failed: drover failures\n"},
		{
			"failed", engine.Outcome{Failed: 3, Codes: map[providers.Code]int{providers.CodeDenied: 1, providers.CodeAuth: 2}},
			"Applied: 3 failed (1 denied, 2 auth).\n3 resources failed as a whole: drover status shows which, drover failures\nshows why. What they had reached is kept.\n",
		},
		{
			"stopped", engine.Outcome{Created: 1, Left: 2, Canceled: true},
			"Stopped: 1 created, 2 left.\n2 resources not finished. What was done is recorded; drover apply continues\nwhere it stopped.\n",
		},
		{"stopped at the end", engine.Outcome{Created: 1, Canceled: true}, "Stopped: 1 created.\nWhat was done is recorded.\n"},
		{
			"fail fast", engine.Outcome{Left: 1},
			"Applied: 1 left.\n1 resource not finished. drover apply continues with what is left.\n",
		},
		{
			"stale", engine.Outcome{Created: 1, Stale: 1},
			"Applied: 1 created, 1 stale.\n1 resource left out because of changes since the plan was made: drover plan\nshows what there is now.\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := rendered(t, func(b *strings.Builder) error { return writeOutcome(b, test.outcome, screen{}) })
			if got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
			colored := rendered(t, func(b *strings.Builder) error { return writeOutcome(b, test.outcome, screen{Palette: true}) })
			if withoutColor(colored) != got {
				t.Errorf("colour changed the text:\n%s", colored)
			}
		})
	}
}
