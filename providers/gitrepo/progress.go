package gitrepo

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Progress is how far a transfer has come. Total is 0 while it is unknown.
type Progress struct {
	Phase string // one of the Phase constants
	Done  int64
	Total int64
	Bytes int64 // received or sent so far, in the receiving and writing phases
}

// The phases of a transfer, in the order in which they usually come. The
// first three happen at the remote.
const (
	PhaseEnumerating = "enumerating objects"
	PhaseCounting    = "counting objects"
	PhaseCompressing = "compressing objects"
	PhaseReceiving   = "receiving objects"
	PhaseResolving   = "resolving deltas"
	PhaseWriting     = "writing objects" // of a push, before the remote resolves deltas
)

// maxStderr bounds what is kept of git's standard error.
const maxStderr = 64 << 10

// stderrLog takes git's standard error apart: progress lines are reported,
// of everything else the last part is kept.
type stderrLog struct {
	progress func(Progress)

	mu   sync.Mutex
	line []byte
	tail []byte
}

func (l *stderrLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		i := bytes.IndexAny(rest, "\r\n")
		if i < 0 {
			l.add(rest)
			break
		}
		l.add(rest[:i])
		l.endLine()
		rest = rest[i+1:]
	}
	return len(p), nil
}

// add extends the current line; a line without end is cut, not collected.
func (l *stderrLog) add(p []byte) {
	if room := maxStderr - len(l.line); len(p) > room {
		p = p[:room]
	}
	l.line = append(l.line, p...)
}

func (l *stderrLog) endLine() {
	line := l.line
	l.line = l.line[:0]
	if len(line) == 0 {
		return
	}
	if p, ok := parseProgress(string(line)); ok {
		if l.progress != nil {
			l.progress(p)
		}
		return
	}
	l.tail = append(append(l.tail, line...), '\n')
	if over := len(l.tail) - maxStderr; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
	}
}

func (l *stderrLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLine()
}

func (l *stderrLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.tail)
}

// parseProgress reads a line such as
//
//	Receiving objects:  12% (123/1000), 1.20 MiB | 3.00 MiB/s
//	remote: Enumerating objects: 512, done.
func parseProgress(line string) (Progress, bool) {
	line = strings.TrimSpace(strings.TrimPrefix(line, "remote: "))
	title, rest, ok := strings.Cut(line, ":")
	if !ok {
		return Progress{}, false
	}
	p := Progress{Phase: strings.ToLower(title)}
	switch p.Phase {
	case PhaseEnumerating, PhaseCounting, PhaseCompressing, PhaseReceiving, PhaseResolving, PhaseWriting:
	default:
		return Progress{}, false
	}
	m := regexp.MustCompile(`^ +(?:\d+% \((\d+)/(\d+)\)|(\d+))(?:, ([0-9.]+) (bytes|KiB|MiB|GiB))?`).FindStringSubmatch(rest)
	if m == nil {
		return Progress{}, false
	}
	p.Done = number(m[1] + m[3])
	p.Total = number(m[2])
	if size, err := strconv.ParseFloat(m[4], 64); err == nil {
		p.Bytes = int64(size * unit(m[5]))
	}
	return p, true
}

func number(digits string) int64 {
	// The remote chose the digits; what does not fit counts as unknown.
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func unit(name string) float64 {
	switch name {
	case "KiB":
		return 1 << 10
	case "MiB":
		return 1 << 20
	case "GiB":
		return 1 << 30
	}
	return 1
}
