package plugin

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJournal(t *testing.T) {
	tests := []struct{ line, want string }{
		{`{"@level":"warn","@message":"slow","@timestamp":"x","pages":3,"url":"a b"}`, `level=WARN msg=slow provider=git pages=3 url="a b"`},
		{`{"@level":"DEBUG","@message":"m","provider":"forged"}`, `level=DEBUG msg=m provider=git`},
		{`{"@message":5,"@level":[]}`, `level=DEBUG msg="{\"@message\":5,\"@level\":[]}" provider=git`},
		{`{"@message":"m","@level":5}`, `level=INFO msg=m provider=git`},
		{`{"level":"x"}`, `level=DEBUG msg="{\"level\":\"x\"}" provider=git`},
		{"plain \x1b[2Jtext", `level=INFO msg="plain \\x1b[2Jtext" provider=git`},
		{"panic: nil map", `level=ERROR msg="panic: nil map" provider=git`},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		h := slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		j := &journal{log: slog.New(h).With("provider", "git"), redact: strings.TrimSpace}
		j.stderr(tt.line)
		if diff := cmp.Diff(tt.want, strings.TrimSpace(b.String())); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.line, diff)
		}
	}
}

func TestJournalKeepsTheCauseOfACrash(t *testing.T) {
	j := &journal{log: slog.New(slog.DiscardHandler), redact: func(s string) string { return strings.ReplaceAll(s, "t0ken", "(sensitive)") }}
	for range 1000 {
		j.stderr(strings.Repeat("noise ", 1000))
	}
	j.stderr("panic: t0ken\x07")
	for range tailLines / 2 {
		j.stderr("goroutine 1 [running]:")
	}
	lines := j.lines()
	if len(lines) != tailShown {
		t.Errorf("%d lines, want %d", len(lines), tailShown)
	}
	if got, want := lastWord(lines, ""), `it said: panic: (sensitive)\a`; got != want {
		t.Errorf("last word %q, want %q", got, want)
	}
	if size := len(strings.Join(j.tail, "")); size > tailLines*tailText {
		t.Errorf("%d bytes are kept", size)
	}
}

func TestLineWriter(t *testing.T) {
	var lines []string
	w := &lineWriter{line: func(s string) { lines = append(lines, s) }}
	for _, piece := range []string{"on", "e\ntwo\r\n\n", strings.Repeat("x", 2*maxLine), "x", "\nlast"} {
		if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	want := []string{"one", "two", strings.Repeat("x", maxLine)}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProviderLog(t *testing.T) {
	var b bytes.Buffer
	log := newProviderLog(&b, "INFO")
	log.Debug("hidden")
	log.Warn("shown", "n", 1)
	level, message, attrs := parseLine(strings.TrimSpace(b.String()))
	if level != slog.LevelWarn || message != "shown" || len(attrs) != 1 || attrs[0].Key != "n" {
		t.Errorf("%s: %v %q %v", b.String(), level, message, attrs)
	}
}
