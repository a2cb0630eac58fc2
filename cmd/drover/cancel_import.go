package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// cancelImport cancels an import that a forge carries out by itself and that no
// run is waiting for. It returns what became of it, as a sentence without its
// subject, and the phase of the resource from now on.
func (a *app) cancelImport(ctx context.Context, e schema.Entry, job *schema.Job) (said string, phase schema.Phase, err error) {
	if job.ID == "" {
		return "was about to be imported when its run was cut off. Apply finds out whether the import began; cancel it then", e.Phase, nil
	}
	var ends engine.Connections
	if err := json.Unmarshal(e.Connections, &ends); err != nil {
		return "", "", fmt.Errorf("connections of %s: %w", e.Address, err)
	}
	c, err := a.connections()
	if err != nil {
		return "", "", err
	}
	defer c.close()
	target, err := (&entryEnds{connections: c, ends: ends}).Target(ctx, "target")
	if err != nil {
		return "", "", err
	}
	_, err = target.CancelImport(ctx, *job)
	switch code := providers.CodeOf(err); code {
	case "", providers.CodeConflict: // it had ended before
		// How it stands now, with all that is in it, only a question tells.
		status, err := target.PollImport(ctx, *job)
		if err != nil {
			return "", "", err
		}
		status.Job.StartedAt, status.Job.URL = job.StartedAt, cmp.Or(status.Job.URL, job.URL)
		*job = status.Job
		word := shown(cmp.Or(job.Status, string(job.State)))
		if code == "" || job.State == schema.JobCanceled { // perhaps by a request whose answer was lost
			return "is cancelled at the target (" + word + "). What was imported stays there", schema.PhaseCanceled, nil
		}
		return "cannot be cancelled: its import is " + word + " at the target. Apply takes over what it brought", e.Phase, nil
	case providers.CodeNotFound:
		job.State, job.Status, job.Text = schema.JobFailed, "gone", "the target knows it no longer"
		return "is gone at the target, and its import with it", schema.PhaseFailed, nil
	}
	return "", "", err
}

// saveCanceled records what became of an import that was cancelled.
func saveCanceled(ctx context.Context, s *state.Store, run string, e schema.Entry, job schema.Job, phase schema.Phase) error {
	ledger, err := s.Claim(ctx, run, e)
	if err != nil {
		return err
	}
	if err := ledger.SaveJob(ctx, job); err != nil {
		return err
	}
	e.Phase = phase
	return ledger.Save(ctx, e)
}
