package main

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// store gives the engine a state. The state knows nothing of the engine, so
// what differs between their types is settled here.
type store struct{ *state.Store }

var _ engine.Store = store{}

func (s store) Claim(ctx context.Context, run string, entry schema.Entry) (engine.Ledger, error) {
	return s.Store.Claim(ctx, run, entry)
}

func (s store) Ledger(ctx context.Context, address schema.Address, epoch int64) (engine.Ledger, error) {
	return s.Store.Ledger(ctx, address, epoch)
}

// Entry returns the zero Entry for a resource that is not known.
func (s store) Entry(ctx context.Context, address schema.Address) (schema.Entry, error) {
	e, err := s.Store.Entry(ctx, address)
	if errors.Is(err, state.ErrUnknown) {
		return schema.Entry{}, nil
	}
	return e, err
}

// openState opens the state for writing, making it and its folder when needed.
func (a *app) openState(ctx context.Context, path string, reserved *state.Reservation) (*state.Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	o := a.stateOptions()
	o.Create, o.Reserved = true, reserved
	return state.Open(ctx, path, o)
}

func (a *app) stateOptions() state.Options {
	run := a.newRun(schema.RunEdit)
	return state.Options{
		Version: version, Host: run.Host, Actor: run.Actor, PID: run.PID,
		LockTimeout: a.lockTimeout, AllowNetworkFS: a.unsafeState,
	}
}

// newRun describes this process for the state's list of runs.
func (a *app) newRun(kind schema.RunKind) schema.Run {
	run := schema.Run{Kind: kind, Version: version, PID: os.Getpid()}
	if host, err := os.Hostname(); err == nil {
		run.Host = host
	}
	if u, err := user.Current(); err == nil {
		run.Actor = u.Username
	}
	return run
}
