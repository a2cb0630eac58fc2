package threads

import (
	"context"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// keptThreads bounds the threads of which something is remembered.
const keptThreads = 512

// repository is a repository as one call writes to it.
type repository struct {
	*memory
	name   api.Repo
	gaps   Gaps
	notify bool
}

// memory is what a Writer knows of one repository while it is open.
type memory struct {
	numbers numbers
	labels  labels

	mu       sync.Mutex // guards what follows
	refused  map[string]bool
	owners   *bool // whether there is a CODEOWNERS file
	threads  map[int64]*thread
	order    []int64                   // of threads, the oldest first
	unsure   map[int64]bool            // pull requests that an earlier run may have left half made
	unlocked map[int64]bool            // threads that an earlier run unlocked and did not lock again
	startled map[string]map[int64]bool // users and the threads that they may have been told of
	stumbled map[schema.Key]int        // reviews that the server failed at
}

func (w *Writer) repository(repo Repo) *repository {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := repo.Repo.String()
	m := w.repos[name]
	if m == nil {
		m = &memory{refused: map[string]bool{}, threads: map[int64]*thread{}, unsure: map[int64]bool{}, unlocked: map[int64]bool{}, startled: map[string]map[int64]bool{}, stumbled: map[schema.Key]int{}}
		w.repos[name] = m
	}
	return &repository{memory: m, name: repo.Repo, gaps: repo.Gaps, notify: repo.Notify}
}

// thread returns what is known of an issue or pull request.
func (r *memory) thread(number int64) *thread {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.threads[number]
	if t == nil {
		t = &thread{number: number}
		r.threads[number] = t
		r.order = append(r.order, number)
		if len(r.order) > keptThreads {
			delete(r.threads, r.order[0])
			r.order = r.order[1:]
		}
	}
	return t
}

// doubt notes that an earlier write of a pull request may have been cut off.
func (r *memory) doubt(number int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsure[number] = true
}

// doubted reports whether doubt was noted, and forgets it.
func (r *memory) doubted(number int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer delete(r.unsure, number)
	return r.unsure[number]
}

// startle notes that a user was subscribed to a thread for a moment.
func (r *memory) startle(user string, number int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.startled[user] == nil {
		r.startled[user] = map[int64]bool{}
	}
	r.startled[user][number] = true
}

// labels are the ids of a repository's labels, by name.
type labels struct {
	mu  sync.Mutex
	ids map[string]int64 // by name, lower case; nil: not asked yet
}

// madeColor is the colour of labels that no record described.
const madeColor = "#ededed"

// labelIDs returns the ids of labels. Those that do not exist are made: a label
// that the source did not list is still one that somebody put there.
func (w *Writer) labelIDs(ctx context.Context, r *repository, names []string) ([]int64, error) {
	if len(names) == 0 {
		return nil, nil
	}
	r.labels.mu.Lock()
	defer r.labels.mu.Unlock()
	if !r.labels.hold(names) {
		ids := map[string]int64{}
		for l, err := range w.api.Labels(ctx, r.name) {
			if err != nil {
				return nil, err
			}
			// The server takes several labels of one name; the first is ours.
			if name := strings.ToLower(l.Name); ids[name] == 0 {
				ids[name] = l.ID
			}
		}
		r.labels.ids = ids
	}
	ids := make([]int64, 0, len(names))
	for _, name := range names {
		id := r.labels.ids[strings.ToLower(name)]
		if id == 0 {
			color := madeColor
			made, err := w.api.CreateLabel(ctx, r.name, api.EditLabel{Name: &name, Color: &color})
			if err != nil {
				return nil, err
			}
			id = made.ID
			r.labels.ids[strings.ToLower(name)] = id
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (l *labels) hold(names []string) bool {
	for _, name := range names {
		if l.ids[strings.ToLower(name)] == 0 {
			return false
		}
	}
	return true
}
