package conversion

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

const (
	maxLossesPerCode = 1000 // which are listed; the others are counted
	maxLossText      = 1024 // bytes of a path or message
)

// Losses gathers what git cannot hold. It may be used by several goroutines;
// which revision a loss is met in first, and which of very many are listed,
// follows the order of the calls.
type Losses struct {
	mu    sync.Mutex
	codes map[string]*lossesOfCode
}

type lossesOfCode struct {
	paths map[string]*schema.Loss
	more  int64 // losses at paths that are not listed
}

// Add notes a loss at a path, which may be empty, of a revision of the source.
// Losses of one code at one path are one, told as they were met first and
// counted.
func (l *Losses) Add(code, path, revision, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(schema.Loss{Code: code, Path: shorten(path), Revision: shorten(revision), Message: shorten(message), Count: 1})
}

func (l *Losses) add(loss schema.Loss) {
	if l.codes == nil {
		l.codes = map[string]*lossesOfCode{}
	}
	of := l.codes[loss.Code]
	if of == nil {
		of = &lossesOfCode{paths: map[string]*schema.Loss{}}
		l.codes[loss.Code] = of
	}
	switch have := of.paths[loss.Path]; {
	case have != nil:
		have.Count += loss.Count
	case len(of.paths) == maxLossesPerCode:
		of.more += loss.Count
	default:
		of.paths[loss.Path] = &loss
	}
}

// Forget drops the losses of a code. It is for those that every run finds anew
// from the whole history, such as renamed refs, and that would otherwise be
// counted again by each.
func (l *Losses) Forget(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.codes, code)
}

// List returns the losses by code and path. Those that are not listed one by
// one are the last of their code.
func (l *Losses) List() []schema.Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []schema.Loss
	for _, code := range slices.Sorted(maps.Keys(l.codes)) {
		of := l.codes[code]
		for _, path := range slices.Sorted(maps.Keys(of.paths)) {
			list = append(list, *of.paths[path])
		}
		if of.more > 0 {
			list = append(list, schema.Loss{Code: code, Count: of.more,
				Message: fmt.Sprintf("the same at other paths than the %d that are listed", maxLossesPerCode)})
		}
	}
	return list
}

// savedLosses is how losses are kept in a checkpoint.
type savedLosses struct {
	Listed []schema.Loss    `json:"listed,omitempty"`
	More   map[string]int64 `json:"more,omitempty"`
}

func (l *Losses) save() savedLosses {
	l.mu.Lock()
	defer l.mu.Unlock()
	var saved savedLosses
	for code, of := range l.codes {
		for _, loss := range of.paths {
			saved.Listed = append(saved.Listed, *loss)
		}
		if of.more > 0 {
			if saved.More == nil {
				saved.More = map[string]int64{}
			}
			saved.More[code] = of.more
		}
	}
	slices.SortFunc(saved.Listed, func(a, b schema.Loss) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Path, b.Path))
	})
	return saved
}

func loadLosses(saved savedLosses) *Losses {
	l := &Losses{}
	for _, loss := range saved.Listed {
		l.add(loss)
	}
	for code, more := range saved.More {
		if of := l.codes[code]; of != nil {
			of.more = more
		}
	}
	return l
}

// shorten makes text fit for a list: valid UTF-8 of bounded length. What it
// would do to a terminal is the business of who prints it.
func shorten(text string) string {
	if !utf8.ValidString(text) {
		text = schema.Printable(text)
	}
	if len(text) <= maxLossText {
		return text
	}
	cut := maxLossText - len("...")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
