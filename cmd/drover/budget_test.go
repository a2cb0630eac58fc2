package main

import (
	"testing"
	"time"
)

func TestBudgetText(t *testing.T) {
	at := time.Date(2026, 3, 1, 14, 5, 0, 0, time.UTC)
	for _, test := range []struct {
		budget sourceBudget
		want   string
	}{
		{sourceBudget{Source: "source.git.a", Requests: 1}, "source.git.a: about 1 request"},
		{sourceBudget{Source: "source.github.a", Requests: 1240, Limit: 5000, Remaining: 4890, Resets: at, Window: "1h"},
			"source.github.a: about 1,240 requests, 4,890 of 5,000 left until 14:05 UTC"},
		{sourceBudget{Source: "source.github.a", Requests: 12000, Limit: 5000, Remaining: 1000, Resets: at, Window: "1h"},
			"source.github.a: about 12,000 requests, 1,000 of 5,000 left until 14:05 UTC; it waits for 3 windows more of 1h"},
	} {
		if got := test.budget.text(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
