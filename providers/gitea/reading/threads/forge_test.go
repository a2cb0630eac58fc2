package threads

import (
	"encoding/json"
	"fmt"
	"iter"
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
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// forge answers as Gitea does about the threads of one repository: how its lists
// are cut, ordered and counted, and what moves the time of a thread.
type forge struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	now      time.Time
	threads  map[int64]*item
	order    []int64 // in which they were made
	comments []*remark
	last     int64 // id of a comment
	asked    map[string]int
	broken   map[string]bool   // paths that fail
	before   map[string]func() // what happens before a path with its query is answered, once
	down     bool              // everything fails
	off      bool              // issues and pull requests are switched off
	answered int
}

// item is an issue, or a pull request.
type item struct {
	number, updated int64
	title           string
	pull            bool
	lines           []string // of the timeline, by type; hidden ones are not shown
	reviews         []int    // remarks of each
	assets          []string
}

// remark is a comment on a thread.
type remark struct {
	id, thread, created, updated int64
	text                         string
}

func newForge(t *testing.T) *forge {
	f := &forge{t: t, now: time.Unix(1_800_000_000, 0), threads: map[int64]*item{}, asked: map[string]int{}, broken: map[string]bool{}, before: map[string]func(){}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// add makes a thread with the next number, or the one that is given.
func (f *forge) add(number int64) *item {
	if number == 0 {
		for n := range f.threads {
			number = max(number, n)
		}
		number++
	}
	i := &item{number: number, updated: f.tick(), title: fmt.Sprintf("thread %d", number)}
	f.threads[number] = i
	f.order = append(f.order, number)
	return i
}

// tick lets ten minutes pass.
func (f *forge) tick() int64 {
	f.now = f.now.Add(10 * time.Minute)
	return f.now.Unix()
}

func (f *forge) comment(on *item, text string) *remark {
	f.last++
	c := &remark{id: f.last, thread: on.number, created: f.tick(), text: text}
	c.updated, on.updated = c.created, c.created
	f.comments = append(f.comments, c)
	return c
}

func (f *forge) remove(number int64) {
	delete(f.threads, number)
	f.order = slices.DeleteFunc(f.order, func(n int64) bool { return n == number })
	f.comments = slices.DeleteFunc(f.comments, func(c *remark) bool { return c.thread == number })
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	rest := strings.TrimPrefix(path, "repos/o/r/")
	f.asked[rest]++
	f.answered++
	for key, happens := range f.before {
		if key == rest+"?page="+r.URL.Query().Get("page") {
			delete(f.before, key)
			happens()
		}
	}
	w.Header().Set("Date", f.now.UTC().Format(http.TimeFormat))
	switch {
	case f.down, f.broken[rest]:
		w.WriteHeader(http.StatusInternalServerError)
	case path == "version":
		f.answer(w, map[string]string{"version": "1.26.0"})
	case f.off:
		w.WriteHeader(http.StatusNotFound)
	default:
		f.serve(w, r, strings.Split(rest, "/"))
	}
}

func (f *forge) serve(w http.ResponseWriter, r *http.Request, parts []string) {
	query := r.URL.Query()
	var since int64
	if text := query.Get("since"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			f.t.Error(err)
		}
		since = at.Unix()
	}
	if slices.Equal(parts, []string{"issues"}) {
		var all []any
		for _, number := range slices.Backward(f.order) {
			if i := f.threads[number]; i.updated >= since && (query.Get("type") != "pulls" || i.pull) {
				all = append(all, f.issue(i))
			}
		}
		f.page(w, r, all, len(all))
		return
	}
	if slices.Equal(parts, []string{"issues", "comments"}) {
		var all []any
		for _, c := range f.comments {
			if c.updated >= since {
				all = append(all, f.commentOf(c))
			}
		}
		f.page(w, r, all, len(all))
		return
	}
	if len(parts) > 2 && parts[1] == "comments" { // reactions
		f.answer(w, []any{})
		return
	}
	number, err := strconv.ParseInt(parts[1], 10, 64)
	i := f.threads[number]
	if err != nil || i == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch what := parts[0] + strings.Join(parts[2:], "/"); what {
	case "issues":
		f.answer(w, f.issue(i))
	case "pulls":
		f.answer(w, map[string]any{"number": i.number, "base": map[string]any{"label": "main"}, "head": map[string]any{"label": "x", "sha": "moved"}})
	case "issuestimeline":
		f.timeline(w, r, i)
	case "issuescomments":
		all := []any{}
		for _, c := range f.comments {
			if c.thread == number {
				all = append(all, f.commentOf(c))
			}
		}
		f.answer(w, all)
	case "issuesreactions":
		f.answer(w, []any{})
	case "pullsreviews":
		var all []any
		for n, remarks := range i.reviews {
			all = append(all, map[string]any{"id": n + 1, "state": "COMMENT", "body": "at first", "comments_count": remarks, "submitted_at": f.at(i.updated)})
		}
		f.page(w, r, all, len(all))
	default:
		var all []any
		review, _ := strconv.Atoi(parts[3])
		for n := range i.reviews[review-1] {
			all = append(all, map[string]any{"id": 1000 + n, "path": "a", "position": 1 + n/2, "created_at": f.at(i.updated + int64(n)), "body": fmt.Sprint("remark ", n)})
		}
		f.answer(w, all)
	}
}

// timeline cuts the lines into pages first, and then leaves out what is not shown.
func (f *forge) timeline(w http.ResponseWriter, r *http.Request, i *item) {
	first, last := bounds(r, len(i.lines))
	all := []any{}
	for n, line := range i.lines[first:last] {
		kind, text, _ := strings.Cut(line, ": ") // of the first review
		switch kind {
		case "hidden":
		case "review":
			all = append(all, map[string]any{"id": first + n + 1, "type": kind, "review_id": 1, "body": text, "created_at": f.at(i.updated)})
		default:
			all = append(all, map[string]any{"id": first + n + 1, "type": kind, "created_at": f.at(i.updated)})
		}
	}
	w.Header().Set("X-Total-Count", fmt.Sprint(len(all)))
	f.answer(w, all)
}

func (f *forge) issue(i *item) map[string]any {
	comments := 0
	for _, c := range f.comments {
		if c.thread == i.number {
			comments++
		}
	}
	var assets []any
	for _, uuid := range i.assets {
		assets = append(assets, map[string]any{"uuid": uuid, "name": "file", "browser_download_url": "http://elsewhere/attachments/" + uuid, "size": 1})
	}
	answer := map[string]any{
		"id": i.number + 100, "number": i.number, "title": i.title, "state": "open", "comments": comments, "updated_at": f.at(i.updated), "assets": assets,
	}
	if i.pull {
		answer["pull_request"] = map[string]any{"merged": false}
	}
	return answer
}

func (f *forge) commentOf(c *remark) map[string]any {
	return map[string]any{"id": c.id, "body": c.text, "issue_url": fmt.Sprintf("%s/o/r/issues/%d", f.url, c.thread), "created_at": f.at(c.created), "updated_at": f.at(c.updated)}
}

func (f *forge) at(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

func bounds(r *http.Request, n int) (first, last int) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	first = min(n, (max(page, 1)-1)*limit)
	return first, min(n, first+limit)
}

func (f *forge) page(w http.ResponseWriter, r *http.Request, all []any, total int) {
	first, last := bounds(r, len(all))
	w.Header().Set("X-Total-Count", fmt.Sprint(total))
	f.answer(w, append([]any{}, all[first:last]...))
}

func (f *forge) answer(w http.ResponseWriter, of any) {
	if err := json.NewEncoder(w).Encode(of); err != nil {
		f.t.Error(err)
	}
}

const pageSize = 5

func (f *forge) read(req providers.ReadRequest, change ...func(*Repository)) result {
	f.t.Helper()
	f.tick()
	client, err := api.New(api.Options{URL: f.url, Token: "t", Clock: &sourcetest.Clock{}})
	if err != nil {
		f.t.Fatal(err)
	}
	repo := Repository{ID: 1, Name: api.Repo{Owner: "o", Name: "r"}, Bases: []string{f.url}, PageSize: pageSize, SeesAll: true}
	for _, c := range change {
		c(&repo)
	}
	return told(Read(f.t.Context(), client.Paged(pageSize), repo, req))
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

func (r result) next(t *testing.T) schema.Cursor {
	t.Helper()
	if r.err != nil || r.End == nil {
		t.Fatalf("the reading has no end: %v", r.err)
	}
	return r.End.Next
}
