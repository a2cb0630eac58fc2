package threads

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// todoLists are what people have to do: alice an issue of the migration's, and one
// that she was given before. It passes everything else on.
type todoLists struct{ done []string }

func (l *todoLists) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v4/todos")
	if !ok {
		return http.DefaultTransport.RoundTrip(r)
	}
	who, body := r.Header.Get("Sudo"), "[]"
	switch {
	case path != "":
		l.done = append(l.done, who+path)
		body = "{}"
	case who == "alice":
		body = `[{"id": 1, "target_type": "Issue", "target": {"iid": 1}}, {"id": 2, "target_type": "Issue", "target": {"iid": 9}}, {"id": 3, "target_type": "MergeRequest", "target": {"iid": 1}}]`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// What people were given to do by the migration is done at its end, and nothing
// else.
func TestNobodyHasToDoAnything(t *testing.T) {
	s := newSite(t)
	p, lists := s.project("todos"), &todoLists{}
	w := s.writerWith("boss", lists)
	store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, "i", nil, schema.Issue{Number: 1, Title: "x", State: stateOpen, Assignees: []schema.Person{person("alice")}})})
	for range 2 {
		if err := w.Finish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"alice/1/mark_as_done"}, lists.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// What a run that was killed left is taken away, and nothing that is in use or
// somebody's.
func TestLeftBehind(t *testing.T) {
	h := newHistory(t)
	head := h.Branch("topic")
	for _, name := range []string{"drover/change/1/topic", "drover/change/2/topic", "drover/change/2.base", "drover/other", "drover/change/gap-1"} {
		h.Git("branch", name, head)
	}
	s := newSite(t)
	p := s.project("left")
	h.push(s, p, "--all")
	m := s.server.Model
	if _, err := m.AddMergeRequest(s.model(p), gitlabtest.MergeRequest{Item: gitlabtest.Item{Title: "open", Author: m.User("boss")}, SourceBranch: "drover/change/1/topic", TargetBranch: "main"}); err != nil {
		t.Fatal(err)
	}
	m.AddIssue(s.model(p), gitlabtest.Issue{Item: gitlabtest.Item{IID: 4, Title: gapTitle, Description: gapBody(), Author: m.User("boss")}})
	if err := s.writer("boss").Finish(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"drover/change/1/topic", "drover/other", "main", "topic"}, s.branches(p)); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	if n := len(s.model(p).Issues); n != 0 {
		t.Errorf("%d issues are left", n)
	}
}

// A diff that the server makes later is waited for, and one that it never makes is
// reported.
func TestPrepared(t *testing.T) {
	for looks, want := range map[int]providers.Code{3: "", 99: providers.CodeUnavailable} {
		h := newHistory(t)
		head := h.Branch("topic")
		h.keep(1, head)
		s := newSite(t)
		p := s.project(fmt.Sprint("prepared-", looks))
		h.push(s, p, "main", "refs/pull/*:refs/pull/*")
		late := &lateDiffs{left: looks}
		w := s.writerWith("boss", late)
		w.wait = late.wait
		c := schema.Change{Number: 1, Title: "x", State: stateClosed, Head: schema.Tip{Commit: head, Branch: "topic", Gone: true}, Base: schema.Tip{Branch: "main"}}
		answer := w.Write(t.Context(), p, []providers.Write{{Record: record(t, schema.KindChange, "c", nil, c)}})[0]
		if got := providers.CodeOf(asError(answer.Problem)); got != want {
			t.Errorf("after %d looks: %v", looks, answer.Problem)
		}
		if late.waits == 0 {
			t.Errorf("after %d looks, it waited for nothing", looks)
		}
		// Without a diff, the branch is all that keeps the commits.
		if kept := slices.Contains(s.branches(p), "drover/change/1/topic"); kept != (want != "") {
			t.Errorf("after %d looks, the branch is there: %v", looks, kept)
		}
	}
}

// lateDiffs hides the diffs of merge requests from some answers.
type lateDiffs struct{ left, waits int }

func (l *lateDiffs) wait(context.Context, time.Duration) error {
	l.waits++
	return nil
}

func (l *lateDiffs) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/merge_requests") || l.left == 0 {
		return answer, err
	}
	defer answer.Body.Close()
	var m map[string]any
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(body, &m) == nil && m["iid"] != nil {
		l.left--
		m["diff_refs"], m["prepared_at"] = nil, nil
		if body, err = json.Marshal(m); err != nil {
			return nil, err
		}
	}
	answer.Header.Del("Content-Length")
	answer.ContentLength = int64(len(body))
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func asError(p *providers.Error) error {
	if p == nil {
		return nil
	}
	return p
}
