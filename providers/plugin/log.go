package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-migrate/drover/schema"
)

const (
	tailLines = 200 // lines of standard error that are kept
	tailText  = 512 // bytes that are kept of one
	tailShown = 10  // lines that an error shows
)

// journal takes what a provider says and passes it on to the engine's log. It
// keeps the last lines for the report of a crash.
type journal struct {
	log    *slog.Logger
	redact func(string) string // takes secrets out of what is kept

	mu   sync.Mutex
	tail []string
}

// stderr takes a line of standard error.
func (j *journal) stderr(line string) {
	level, message, attrs := parseLine(line)
	kept := j.redact(message) // before it is cut, which might leave half a secret
	j.mu.Lock()
	if len(j.tail) == tailLines {
		j.tail = append(j.tail[:0], j.tail[1:]...)
	}
	j.tail = append(j.tail, kept[:min(len(kept), tailText)])
	j.mu.Unlock()
	j.log.LogAttrs(context.Background(), level, schema.Printable(message), attrs...)
}

// stdout takes a line that was printed, which a provider does by mistake.
func (j *journal) stdout(line string) {
	j.log.Info(schema.Printable(line), "stream", "stdout")
}

// lines returns the last messages, fit to be shown, the newest at the end.
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	shown := slices.Clone(j.tail)
	if at := panicLine(shown); at >= 0 {
		shown = shown[at:min(len(shown), at+tailShown)]
	}
	shown = shown[max(0, len(shown)-tailShown):]
	for i, line := range shown {
		shown[i] = schema.Printable(line)
	}
	return shown
}

// lastWord returns the line that best tells why a provider ended, or otherwise
// when it said nothing.
func lastWord(lines []string, otherwise string) string {
	if len(lines) == 0 {
		return otherwise
	}
	if at := panicLine(lines); at >= 0 {
		return "it said: " + lines[at]
	}
	return "it said last: " + lines[len(lines)-1]
}

// panicLine finds the line with which Go begins the report of a crash.
func panicLine(lines []string) int {
	return slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
	})
}

// parseLine reads a log line: JSON as hclog writes it, or plain text.
func parseLine(line string) (slog.Level, string, []slog.Attr) {
	var fields map[string]any
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &fields) != nil {
		return plainLevel(line), line, nil
	}
	message, ok := fields["@message"].(string)
	if !ok {
		return slog.LevelDebug, line, nil
	}
	level, _ := fields["@level"].(string)
	var attrs []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		// Who says it is for us to say.
		if strings.HasPrefix(key, "@") || key == "provider" {
			continue
		}
		attrs = append(attrs, slog.Any(schema.Printable(key), printable(fields[key])))
	}
	return slogLevel(hclog.LevelFromString(level)), message, attrs
}

func printable(v any) any {
	if s, ok := v.(string); ok {
		return schema.PrintableText(s)
	}
	return v
}

// plainLevel guesses the level of a line that does not state it.
func plainLevel(line string) slog.Level {
	if panicLine([]string{line}) == 0 {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func slogLevel(level hclog.Level) slog.Level {
	switch level {
	case hclog.Trace, hclog.Debug:
		return slog.LevelDebug
	case hclog.Warn:
		return slog.LevelWarn
	case hclog.Error:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// lineWriter cuts what is written to it into lines of at most maxLine bytes.
type lineWriter struct {
	line func(string)

	mu   sync.Mutex
	rest []byte
}

func (w *lineWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		head, tail, ended := bytes.Cut(b, []byte("\n"))
		w.rest = append(w.rest, head[:min(len(head), maxLine-len(w.rest))]...)
		b = tail
		if !ended {
			break
		}
		if line := strings.TrimRight(string(w.rest), "\r"); line != "" {
			w.line(line)
		}
		w.rest = w.rest[:0]
	}
	return n, nil
}

// newChatter returns the logger that go-plugin is given. What it says of
// itself is of interest to those who look for a fault in this package.
//
// Its level is off, so that go-plugin leaves standard error to us; the sink
// gets everything nevertheless.
func newChatter(log *slog.Logger) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard})
	l.RegisterSink(chatter{log})
	return l
}

type chatter struct{ log *slog.Logger }

// Accept implements hclog.SinkAdapter.
func (c chatter) Accept(_ string, _ hclog.Level, message string, args ...any) {
	c.log.Debug(message, append([]any{"from", "go-plugin"}, args...)...)
}
