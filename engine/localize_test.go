package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// people is an authors table that maps mona to a user.
func people(user string) map[string]schema.AuthorTable {
	return map[string]schema.AuthorTable{"acme": {Name: "acme", Unmatched: "keep", Entries: []schema.AuthorEntry{
		{Rule: "author", RemoteName: "mona", TargetUser: user}, {Rule: "author", RemoteName: "*@acme.example", TargetUser: "x-*"},
	}}}
}

func TestPeopleAndMentions(t *testing.T) {
	f := newForges(t)
	f.authors, f.resource.Authors = people("lisa"), "acme"
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","author":{"login":"mona","user":"forged"},`+
		`"assignees":[{"login":"hubot","email":"hub@acme.example"},{"login":"ghost","user":"forged"}],"text":"@mona, @ghost and `+"`@mona`"+`"}`)
	check := func(what, user, text string, wrote bool) {
		t.Helper()
		calls := len(f.to.calls)
		if outcome, _ := f.apply(t); !outcome.Complete() {
			t.Fatalf("%s: outcome %+v", what, outcome)
		}
		if wrote != (len(f.to.calls) > calls) {
			t.Errorf("%s: wrote %v", what, f.to.calls[calls:])
		}
		issue, n := f.to.of(schema.KindIssue, "i1")
		if n != 1 {
			t.Fatalf("%s: the issue stands %d times at the target", what, n)
		}
		var got schema.Issue
		if err := json.Unmarshal([]byte(issue.body), &got); err != nil {
			t.Fatal(err)
		}
		want := schema.Issue{
			Number: 1, Title: "t", State: "open", Text: text, Author: schema.Person{Login: "mona", User: user},
			Assignees: []schema.Person{{Login: "hubot", Email: "hub@acme.example", User: "x-hub"}, {Login: "ghost"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	const rest = ", `@ghost` and `@mona`"
	check("first", "lisa", "[@lisa](https://new.example/lisa)"+rest, true)
	check("again", "lisa", "[@lisa](https://new.example/lisa)"+rest, false)
	f.authors = people("lena")
	check("mapped in another way", "lena", "[@lena](https://new.example/lena)"+rest, true)
	f.authors = people("lisa")
	check("mapped as before", "lisa", "[@lisa](https://new.example/lisa)"+rest, true)
	f.resource.Mentions = "notify"
	check("notifying", "lisa", "@lisa"+rest, true)
	check("notifying again", "lisa", "@lisa"+rest, false)
}

// TestReferencesToOtherRepositories has one repository refer to another that is
// migrated after it, and by another apply.
func TestReferencesToOtherRepositories(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","url":"https://old.example/acme/api/issues/1","text":"see Acme/Web#5, https://old.example/acme/web/issues/5#note, https://old.example/acme/web/blob/main/a%20b.go#L3 and other/web#5"}`)
	text := func() string {
		issue, _ := f.to.of(schema.KindIssue, "i1")
		return textOf(t, issue.body)
	}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	if got := text(); !strings.HasPrefix(got, "see Acme/Web#5, https://old.example/") {
		t.Errorf("before: %s", got)
	}

	web := newForge()
	web.identity, web.fullName = "forge-2", "acme/web"
	web.add(schema.KindIssue, "w5", nil, `{"number":5,"title":"five","state":"open","url":"https://old.example/acme/web/issues/5"}`)
	f.second = web
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	outcome, c := f.apply(t)
	if !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	five, _ := f.secondTo.of(schema.KindIssue, "w5")
	want := fmt.Sprintf("see acme/web#%d, https://new.example/o%d, https://new.example/acme/web/src/branch/main/a%%20b.go#L3 and other/web#5", five.number, five.number)
	if diff := cmp.Diff(want, text()); diff != "" {
		t.Errorf("text after %v (-want +got):\n%s", c.Summary, diff)
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Summary)
	}
}

// TestAttachmentLinks completes a text that was written before the file that it
// links to.
func TestAttachmentLinks(t *testing.T) {
	f := newForges(t)
	const url = "https://cdn.example/shot.png"
	issue := schema.Key{Kind: schema.KindIssue, ID: "i1"}
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","text":"![shot](`+url+`)"}`)
	f.from.add(schema.KindComment, "c1", &issue, `{"text":"again: `+url+` and https://cdn.example/other.png"}`)
	f.from.add(schema.KindAttachment, "a1", &issue, `{"name":"shot.png","url":"`+url+`"}`).Blob = &schema.Blob{ID: "b1", Size: -1}
	f.from.blobs["b1"] = "picture"
	f.from.add(schema.KindComment, "c2", &issue, `{"text":"[file](/attachments/1) and [none](/attachments/2)"}`)
	f.from.add(schema.KindAttachment, "a2", &issue, `{"name":"f","url":"/attachments/1"}`).Blob = &schema.Blob{ID: "b1", Size: -1}
	// A file where a repository could be.
	const odd = "https://old.example/attachments/3"
	f.from.add(schema.KindComment, "c3", &issue, `{"text":"[odd](`+odd+`), [repository](https://old.example/attachments/4)"}`)
	f.from.add(schema.KindAttachment, "a3", &issue, `{"name":"odd","url":"`+odd+`"}`).Blob = &schema.Blob{ID: "b1", Size: -1}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	at := "https://new.example/" + f.to.idOf(schema.KindAttachment, "a1")
	first, _ := f.to.of(schema.KindIssue, "i1")
	comment, _ := f.to.of(schema.KindComment, "c1")
	second, _ := f.to.of(schema.KindComment, "c2")
	file := "https://new.example/" + f.to.idOf(schema.KindAttachment, "a2")
	third, _ := f.to.of(schema.KindComment, "c3")
	oddly := "https://new.example/" + f.to.idOf(schema.KindAttachment, "a3")
	got := []string{textOf(t, first.body), textOf(t, comment.body), textOf(t, second.body), textOf(t, third.body)}
	want := []string{
		"![shot](" + at + ")", "again: " + at + " and https://cdn.example/other.png", "[file](" + file + ") and [none](/attachments/2)",
		"[odd](" + oddly + "), [repository](https://old.example/attachments/4)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Summary)
	}
}

// TestNumbersInOrder creates what is numbered in the order of its numbers, with
// many lanes at work.
func TestNumbersInOrder(t *testing.T) {
	f := newForges(t)
	f.to.numbers = []schema.Kind{schema.KindIssue}
	for i := range 40 {
		id := fmt.Sprintf("i%02d", i)
		f.from.add(schema.KindIssue, id, nil, fmt.Sprintf(`{"number":%d,"title":"t","state":"open"}`, i+1))
		for c := range 3 {
			f.from.add(schema.KindComment, fmt.Sprintf("c%02d-%d", i, c), &schema.Key{Kind: schema.KindIssue, ID: id}, `{"text":"x"}`)
		}
	}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	var created []string
	place := map[string]int{}
	for n, call := range f.to.calls {
		place[call] = n
		if strings.HasPrefix(call, "create issue") {
			created = append(created, call)
		}
	}
	for i, call := range created {
		if want := fmt.Sprintf("create issue i%02d", i); call != want {
			t.Fatalf("%d: %s, want %s", i, call, want)
		}
		last := place[call]
		for c := range 3 {
			at := place[fmt.Sprintf("create comment c%02d-%d", i, c)]
			if at < last {
				t.Errorf("comment %d of issue %d was written before what stands before it", c, i)
			}
			last = at
		}
	}
}

// TestDriftOfRecords leaves alone what somebody changed at the target, and says
// so, until the plan says otherwise.
func TestDriftOfRecords(t *testing.T) {
	f := newForges(t)
	f.to.versions = true
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","text":"one"}`)
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	object, _ := f.to.of(schema.KindIssue, "i1")
	object.body = `{"number":1,"title":"t","state":"open","text":"changed at the target"}`
	f.from.records[0].Revision, f.from.records[0].Body = "r2", []byte(`{"number":1,"title":"t","state":"open","text":"two"}`)
	outcome, _ := f.apply(t)
	if outcome.Complete() || !strings.Contains(object.body, "changed at the target") {
		t.Errorf("the change at the target was lost: %+v, %s", outcome, object.body)
	}
	var failed *schema.Failure
	for _, e := range f.events {
		if e, ok := e.(engine.ItemFailed); ok {
			failed = &e.Failure
		}
	}
	if failed == nil || failed.Code != string(providers.CodeConflict) {
		t.Errorf("the drift was told as %+v", failed)
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("what the plan has to decide is tried again: %+v", c.Summary)
	}
	f.resource.Lifecycle.OnTargetDrift = "overwrite"
	if outcome, _ := f.apply(t); !outcome.Complete() || !strings.Contains(object.body, "two") {
		t.Errorf("it was not overwritten: %+v, %s", outcome, object.body)
	}
}

// TestIncrementalReading reads only what changed, tries again what failed, and
// notices what was deleted.
func TestIncrementalReading(t *testing.T) {
	f := newForges(t)
	f.from.incremental = true
	for i := range 5 {
		key := schema.Key{Kind: schema.KindIssue, ID: fmt.Sprint("i", i)}
		f.from.add(schema.KindIssue, key.ID, nil, fmt.Sprintf(`{"number":%d,"title":"t","state":"open","text":"one"}`, i+1))
		for c := range 2 {
			f.from.add(schema.KindComment, fmt.Sprintf("c%d%d", i, c), &key, `{"text":"x"}`)
		}
	}
	f.to.fail = func(r schema.Record, times int) failing {
		if r.ID == "i3" && times == 1 {
			return failing{problem: providers.Errorf(providers.CodeInvalid, "no")}
		}
		return failing{}
	}
	if outcome, _ := f.apply(t); outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	f.from.edit("i1", `{"number":2,"title":"t","state":"open","text":"two"}`)
	f.from.remove(schema.KindComment, "c10")
	f.from.remove(schema.KindIssue, "i4")
	f.from.yielded = nil
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	if diff := cmp.Diff([]string{"issue i3", "issue i1", "comment c11"}, f.from.yielded); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	s := f.open(t)
	defer s.Close()
	counts, err := s.Counts(t.Context(), "repository.api")
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Counts{schema.KindIssue: {Source: 4, Fetched: 4, Imported: 4}, schema.KindComment: {Source: 7, Fetched: 7, Imported: 7}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestSameReferences has texts refer to what keeps its name at the target: once it
// is there, nothing is left to be completed.
func TestSameReferences(t *testing.T) {
	f := newForges(t)
	f.to.next, f.to.numbers = 0, []schema.Kind{schema.KindIssue} // the target numbers as the source does
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","text":"see #2","url":"https://old.example/acme/api/issues/1"}`)
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"t","state":"open","text":"see #1","url":"https://old.example/acme/api/issues/2"}`)
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	if len(f.to.calls) != 2 {
		t.Errorf("it wrote %v", f.to.calls)
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Summary)
	}
}
