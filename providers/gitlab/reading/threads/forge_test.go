package threads

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// forge answers as GitLab does about the issues of one project: how its lists are
// cut, ordered and counted, and what moves the time of an issue.
type forge struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	now      time.Time
	issues   map[int64]*issue
	asked    map[string]int
	broken   map[string]bool   // paths that fail
	before   map[string]func() // what happens before a path is answered, once
	down     bool              // everything fails
	off      bool              // issues are switched off
	uncount  bool              // lists are too long to be counted
	deepest  int               // the last page that was asked for
	answered int
	last     int64 // id of a note
}

type issue struct {
	number           int64
	created, updated time.Time
	text             string
	notes            []note
}

type note struct {
	id     int64
	text   string
	system bool
}

func newForge(t *testing.T) *forge {
	f := &forge{t: t, now: time.Unix(1_800_000_000, 0).UTC(), issues: map[int64]*issue{}, asked: map[string]int{}, broken: map[string]bool{}, before: map[string]func(){}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// add makes an issue with the next number, or the one that is given.
func (f *forge) add(number int64) *issue {
	if number == 0 {
		for n := range f.issues {
			number = max(number, n)
		}
		number++
	}
	at := f.tick()
	i := &issue{number: number, created: at, updated: at}
	f.issues[number] = i
	return i
}

// tick lets ten minutes pass.
func (f *forge) tick() time.Time {
	f.now = f.now.Add(10 * time.Minute)
	return f.now
}

// note writes a note. It moves the time of its issue once a minute at most.
func (f *forge) note(on *issue, text string) {
	f.last++
	on.notes = append(on.notes, note{id: f.last, text: text, system: text == "closed"})
	if f.now.Sub(on.updated) > time.Minute {
		on.updated = f.now
	}
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rest := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/v4/"), "projects/12/")
	f.asked[rest]++
	f.answered++
	if happens, ok := f.before[rest]; ok {
		delete(f.before, rest)
		happens()
	}
	w.Header().Set("Date", f.now.Format(http.TimeFormat))
	switch parts := strings.Split(rest, "/"); {
	case f.down || f.broken[rest]:
		w.WriteHeader(http.StatusInternalServerError)
	case rest == "metadata":
		fmt.Fprint(w, `{"version": "18.9.0"}`)
	case f.off && parts[0] == "issues":
		w.WriteHeader(http.StatusForbidden)
	case rest == "issues_statistics":
		fmt.Fprintf(w, `{"statistics": {"counts": {"all": %d}}}`, len(f.issues))
	case rest == "issues":
		f.list(w, r)
	case parts[0] == "issues":
		number, _ := strconv.ParseInt(parts[1], 10, 64)
		if f.issues[number] == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		f.one(w, f.issues[number], strings.Join(parts[2:], "/"))
	default:
		f.t.Errorf("asked for %s", r.URL)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *forge) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	key := func(i *issue) time.Time {
		if q.Get("order_by") == "updated_at" {
			return i.updated
		}
		return i.created
	}
	created, _ := time.Parse(time.RFC3339Nano, q.Get("created_after"))
	updated, _ := time.Parse(time.RFC3339Nano, q.Get("updated_after"))
	all := slices.DeleteFunc(slices.Collect(maps.Values(f.issues)), func(i *issue) bool { return i.created.Before(created) || i.updated.Before(updated) })
	slices.SortFunc(all, func(a, b *issue) int {
		if order := key(a).Compare(key(b)); order != 0 {
			return order
		}
		return int(a.number - b.number)
	})
	if q.Get("sort") == "desc" {
		slices.Reverse(all)
	}
	size, _ := strconv.Atoi(q.Get("per_page"))
	page, _ := strconv.Atoi(q.Get("page"))
	f.deepest = max(f.deepest, page)
	if !f.uncount {
		w.Header().Set("X-Total", strconv.Itoa(len(all)))
	}
	all = all[min(len(all), (page-1)*size):]
	if len(all) > size {
		all = all[:size]
		w.Header().Set("Link", `<`+f.url+`/x>; rel="next"`)
	}
	views := []any{}
	for _, i := range all {
		views = append(views, f.view(i))
	}
	_ = json.NewEncoder(w).Encode(views)
}

func (f *forge) view(i *issue) map[string]any {
	people := 0
	for _, n := range i.notes {
		if !n.system {
			people++
		}
	}
	return map[string]any{"iid": i.number, "title": fmt.Sprint("issue ", i.number), "description": i.text, "state": "opened", "issue_type": "issue",
		"created_at": i.created, "updated_at": i.updated, "user_notes_count": people, "web_url": fmt.Sprint(f.url, "/acme/lamp/-/issues/", i.number)}
}

func (f *forge) one(w http.ResponseWriter, i *issue, what string) {
	switch what {
	case "":
		_ = json.NewEncoder(w).Encode(f.view(i))
	case "discussions":
		all := []any{}
		for _, n := range i.notes {
			all = append(all, map[string]any{"id": fmt.Sprint(n.id), "individual_note": true, "notes": []any{map[string]any{"id": n.id, "body": n.text, "system": n.system, "created_at": i.created}}})
		}
		_ = json.NewEncoder(w).Encode(all)
	default:
		fmt.Fprint(w, "[]")
	}
}

// result is what a reading told, in words.
type result struct {
	sourcetest.Reading
	records, bodies, kept, whole, failed []string
	err                                  error
}

func told(messages iter.Seq2[providers.Message, error]) result {
	g, err := sourcetest.Gather(messages)
	return result{
		Reading: g, records: sourcetest.Strings(g.Order()), bodies: g.Texts(), kept: sourcetest.Strings(g.Kept), whole: sourcetest.Strings(g.Whole),
		failed: sourcetest.Strings(g.Unread()), err: err,
	}
}

func (g result) next(t *testing.T) schema.Cursor {
	t.Helper()
	if g.err != nil || g.End == nil || g.End.Next == "" {
		t.Fatalf("the reading did not come to its end: %v, %+v", g.err, g.End)
	}
	return g.End.Next
}

// read reads issues in pages of five.
func (f *forge) read(req providers.ReadRequest) result {
	f.t.Helper()
	client, err := api.New(api.Options{URL: f.url, Token: "t", Clock: &sourcetest.Clock{}})
	if err != nil {
		f.t.Fatal(err)
	}
	repo := Repository{Project: body.Project{ID: 12, FullPath: "acme/lamp", Bases: []string{f.url}}}
	g := told(Read(f.t.Context(), client.Paged(5), repo, Issues(), req))
	for _, c := range g.Checkpoints {
		if len(c) > schema.MaxCursor {
			f.t.Errorf("a cursor of %d bytes", len(c))
		}
	}
	return g
}
