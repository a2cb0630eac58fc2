package threads_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// readThrough reads with a clock that does not wait.
func (w *world) readThrough(repo threads.Repository, req providers.ReadRequest) (outcome, error) {
	return collect(w.t.Context(), w.client(&sourcetest.Clock{}), repo, req)
}

func TestStormsPass(t *testing.T) {
	w := sample(t)
	want := w.read(w.place(0), providers.ReadRequest{})
	storms := map[string][]githubtest.Fault{
		"502 now and then":       {{Path: "/graphql", Times: -1, Status: 502, Every: 2}},
		"a long storm":           {{Path: "/graphql", Status: 502, From: 2, Times: 9}},
		"dropped connections":    {{Path: "/graphql", Times: -1, Every: 3}},
		"answers that are cut":   {{Path: "/graphql", Cut: 700, Times: -1, Every: 3}},
		"a secondary rate limit": {{Path: "/graphql", Status: 403, Header: map[string]string{"Retry-After": "1"}, Body: `{"message":"You have exceeded a secondary rate limit."}`, From: 2, Times: 2}},
	}
	for name, faults := range storms {
		t.Run(name, func(t *testing.T) {
			w.server.Faults(faults...)
			defer w.server.ClearFaults()
			got, err := w.readThrough(w.place(0), providers.ReadRequest{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "messages", lines(want.messages), lines(got.messages))
		})
	}
}

func TestHeavyRequestsAreMadeSmaller(t *testing.T) {
	w := sample(t)
	want := w.read(w.place(0), providers.ReadRequest{})
	w.server.GraphQLFaults(githubtest.GraphQLFaults{Heavy: 1500})
	got, err := w.readThrough(w.place(0), providers.ReadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "messages", lines(want.messages), lines(got.messages))
}

func TestServerThatStaysAwayIsAnError(t *testing.T) {
	w := sample(t)
	w.server.Faults(githubtest.Fault{Path: "/graphql", Status: 502, From: 2, Times: -1})
	_, err := w.readThrough(w.place(0), providers.ReadRequest{})
	if providers.CodeOf(err) != providers.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

// TestBrokenObjects lets single objects fail, and expects all others.
func TestBrokenObjects(t *testing.T) {
	w := sample(t)
	all := w.read(w.place(0), providers.ReadRequest{})
	var issue *githubtest.Issue
	for _, i := range w.repo.Issues {
		if len(i.Comments) > 1 && i.Pull == nil {
			issue = i
			break
		}
	}
	broken := map[string]string{
		"comment": issue.Comments[0].NodeID(),
		"event":   issue.Events[0].NodeID(),
		"issue":   issue.NodeID(),
		"author":  issue.Comments[1].Author.NodeID(),
	}
	for name, id := range broken {
		t.Run(name, func(t *testing.T) {
			w.server.GraphQLFaults(githubtest.GraphQLFaults{Broken: []string{id}})
			defer w.server.GraphQLFaults(githubtest.GraphQLFaults{})
			got, err := w.readThrough(w.place(0), providers.ReadRequest{})
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for _, m := range got.messages {
				if m.Failed != nil {
					failed++
					if m.Failed.Problem == nil || m.Failed.Key.ID == "" || m.Failed.URL == "" {
						t.Errorf("incomplete: %+v", m.Failed)
					}
				}
				if name != "author" && m.Whole != nil && m.Whole.ID == fmt.Sprint(issue.Number) {
					t.Errorf("%s is called whole", m.Whole)
				}
			}
			if failed == 0 {
				t.Fatal("nothing failed")
			}
			if name == "author" { // of many objects
				return
			}
			if failed != 1 {
				t.Errorf("%d objects failed", failed)
			}
			if name == "issue" {
				return // what stands under it cannot be told
			}
			if diff := cmp.Diff(all.end.Counts, got.end.Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if missing := len(all.records()) - len(got.records()); missing > 2 { // with the files of a broken text
				t.Errorf("%d records are missing", missing)
			}
		})
	}
}

func TestRepositoryThatIsGone(t *testing.T) {
	w := empty(t)
	repo := w.place(0)
	w.model.DeleteRepository(w.repo)
	_, err := collect(t.Context(), w.client(nil), repo, providers.ReadRequest{})
	var e *providers.Error
	if !errors.As(err, &e) || e.Code != providers.CodeNotFound || e.Hint == "" {
		t.Errorf("got %v", err)
	}
}

// TestBreakingOff stops at every message and leaves nothing running: the server
// would be asked on after the reader left.
func TestBreakingOff(t *testing.T) {
	w := sample(t)
	for n := 0; n < 60; n += 7 {
		client := w.client(nil)
		left := n
		for _, err := range threads.Read(t.Context(), client, w.place(2), providers.ReadRequest{}) {
			if err != nil {
				t.Fatal(err)
			}
			if left--; left < 0 {
				break
			}
		}
		sent := client.Requests()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := collect(ctx, client, w.place(2), providers.ReadRequest{}); err == nil {
			t.Error("a reading that was stopped before it began has no error")
		}
		if client.Requests() > sent+1 {
			t.Errorf("after message %d the reading went on", n)
		}
	}
}

// TestWaitsAreTold meets a rate limit that names its end.
func TestWaitsAreTold(t *testing.T) {
	w := sample(t)
	w.server.Faults(githubtest.Fault{Path: "/graphql", Status: 403, From: 2, Header: map[string]string{"Retry-After": "1"}, Body: `{"message":"You have exceeded a secondary rate limit."}`})
	told := false
	for m, err := range threads.Read(t.Context(), w.client(nil), w.place(0), providers.ReadRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		told = told || m.Throttled != nil && m.Throttled.Until.After(time.Time{})
	}
	if !told {
		t.Error("the wait is not told")
	}
}

// TestHostileTexts reads texts that could do harm further on.
func TestHostileTexts(t *testing.T) {
	w := empty(t)
	long := strings.Repeat("x", schema.MaxBody+1)
	i := w.model.AddIssue(w.repo, githubtest.Issue{Title: "a\x00b\u202e", Content: githubtest.Content{Body: "\x1b[31m"}})
	w.model.AddComment(i, githubtest.Comment{Content: githubtest.Content{Body: long}})
	w.model.AddComment(i, githubtest.Comment{Content: githubtest.Content{Body: "fine"}})
	o := w.read(w.place(0), providers.ReadRequest{})
	failed := 0
	for _, m := range o.messages {
		if m.Failed != nil {
			failed++
		}
	}
	if failed != 1 || o.end.Counts[schema.KindComment] != 2 {
		t.Errorf("%d failed, counts %v", failed, o.end.Counts)
	}
}
