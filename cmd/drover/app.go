package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// app is what all commands share: the streams, the global flags, and the
// secrets that must never be shown.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	redact *redactor
	log    *slog.Logger
	logTo  *os.File
	lines  *jsonWriter // of --json, once something was written

	chdir       string
	state       string
	variables   []string
	varFiles    []string
	sets        []string
	json        bool
	color       string
	logFile     string
	logLevel    string
	providerDev []string
	lockTimeout time.Duration
	unsafeState bool
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	r := &redactor{}
	return &app{stdin: stdin, stdout: r.writer(stdout), stderr: r.writer(stderr), redact: r, log: slog.New(slog.DiscardHandler)}
}

func (a *app) close() {
	if a.logTo != nil {
		a.logTo.Close()
	}
}

// signals is a context that ends with the first Ctrl-C or SIGTERM, and a channel
// that is closed with the second.
func (a *app) signals() (ctx context.Context, again <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	arrived := make(chan os.Signal, 2)
	signal.Notify(arrived, os.Interrupt, syscall.SIGTERM)
	second := make(chan struct{})
	go func() {
		<-arrived
		if a.terminal() {
			// The terminal has shown ^C, and progress redraws from the column
			// where it finds the cursor.
			fmt.Fprint(a.stdout, "\r")
		}
		cancel()
		<-arrived
		close(second)
	}()
	return ctx, second
}

// setup opens the log once the global flags are known.
func (a *app) setup() error {
	if a.logFile == "" {
		return nil
	}
	return a.openLog(a.logFile)
}

// dir is the plan's folder.
func (a *app) dir() string {
	if a.chdir == "" {
		return "."
	}
	return a.chdir
}

// path resolves a path of the plan.
func (a *app) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(a.dir(), p)
}

func (a *app) terminal() bool {
	return isTerminal(a.redact.under(a.stdout))
}

// colored reports whether output may carry colour.
func (a *app) colored() bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return a.terminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// width is the terminal's; 0 when there is none.
func (a *app) width() int {
	columns, _ := a.size()
	return columns
}

func (a *app) size() (columns, rows int) {
	f, ok := a.redact.under(a.stdout).(*os.File)
	if !ok {
		return 0, 0
	}
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// finish shows the error a command ended with, and returns its exit code.
func (a *app) finish(err error) int {
	code := exitCode(err)
	var f *failure
	if err == nil || errors.As(err, &f) && f.err == nil {
		return code
	}
	text := shownText(err.Error())
	if errors.Is(err, context.Canceled) {
		text = "stopped before it was finished"
	}
	if a.json {
		a.jsonOut().failure(text, code)
	}
	fmt.Fprintf(a.stderr, "error: %s\n", text)
	if hint := hintOf(err); hint != "" {
		for _, line := range strings.Split(hint, "\n") {
			fmt.Fprintf(a.stderr, "hint: %s\n", shownText(line))
		}
	}
	a.log.Error("command failed", "error", err.Error(), "exit", code)
	return code
}
