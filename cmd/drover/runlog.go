package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/drover-migrate/drover/engine"
)

// keptLogs is how many runs' logs stay beside a state.
const keptLogs = 20

// takeOver prepares for writing: the run is logged beside its state unless
// --log-file says where, and providers hold the state's lock.
func (a *app) takeOver(c *connections, statePath string, lock *os.File) error {
	if a.logTo == nil {
		if err := a.openRunLog(statePath); err != nil {
			return err
		}
	}
	c.hold(lock)
	return nil
}

// dropRunLog removes the log of a run that did not take place, and the folders
// that were made for it. A log that --log-file names stays.
func (a *app) dropRunLog() {
	if a.logTo == nil || a.logFile != "" {
		return
	}
	path := a.logTo.Name()
	a.logTo.Close()
	a.logTo, a.log = nil, slog.New(slog.DiscardHandler)
	for range 3 { // the log, its folder, the workspace; what holds anything stays
		os.Remove(path)
		path = filepath.Dir(path)
	}
}

// openRunLog starts a log of its own for a run, and removes the oldest ones.
func (a *app) openRunLog(statePath string) error {
	work, err := workspace(statePath)
	if err != nil {
		return err
	}
	dir := filepath.Join(work, "logs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of logs: %w", err)
	}
	name := time.Now().UTC().Format("20060102T150405.000") + fmt.Sprintf("-%d.log", os.Getpid())
	if err := a.openLog(filepath.Join(dir, name)); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-keptLogs)] {
		os.Remove(path) // tried again after the next run
	}
	return nil
}

// openLog appends what happens to a file as JSON, secrets replaced.
func (a *app) openLog(path string) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usage("--log-level %q: use debug, info, warn or error", a.logLevel)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	a.logTo = f
	a.log = slog.New(slog.NewJSONHandler(a.redact.writer(f), &slog.HandlerOptions{Level: l}))
	return nil
}

// logEvent writes an event to the log; what is only progress, for debugging.
func (a *app) logEvent(e engine.Event) {
	level := slog.LevelInfo
	switch e.(type) {
	case engine.StageProgress, engine.Checkpoint:
		level = slog.LevelDebug
	case engine.ItemFailed, engine.Retrying:
		level = slog.LevelWarn
	}
	a.log.Log(context.Background(), level, e.Name(), "event", e)
}
