package remote

import (
	"context"
	"errors"
	"iter"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// errEnough ends a stream that nobody wants any more.
var errEnough = errors.New("enough")

// ReadLog asks a server for the log entries from..to and hands them to emit as
// they come.
type ReadLog func(from, to int64, emit func(svn.LogEntry) error) error

// Entries yields the log entries from..to in ascending order. After the
// connection was lost, read is asked for the rest.
func Entries(ctx context.Context, retry *Retry, from, to int64, read ReadLog) iter.Seq2[svn.LogEntry, error] {
	return func(yield func(svn.LogEntry, error) bool) {
		next := from
		emit := func(e svn.LogEntry) error {
			if e.Number != next || next > to {
				return &svn.Error{Revision: e.Number, Err: errors.New("the server's log is out of order")}
			}
			next++
			if !yield(e, nil) {
				return errEnough
			}
			return nil
		}
		err := retry.Do(ctx, func() (bool, error) {
			before := next
			if before > to {
				return false, nil
			}
			err := read(before, to, emit)
			return next > before, err
		})
		if err == nil && next <= to {
			err = &svn.Error{Revision: next, Err: errors.New("the server's log ends before it")}
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(svn.LogEntry{}, err)
		}
	}
}

// Abstract yields the log entries that revisions have which were read without
// the contents of files.
//
// It takes the place of a log where only a folder can be read. The log of a
// folder follows its copies into the past, so it knows nothing of what the
// folder was before it was replaced.
func Abstract(revisions iter.Seq2[*svn.Revision, error]) iter.Seq2[svn.LogEntry, error] {
	return func(yield func(svn.LogEntry, error) bool) {
		for r, err := range revisions {
			if err != nil {
				yield(svn.LogEntry{}, err)
				return
			}
			e := svn.LogEntry{Number: r.Number, Props: r.Props}
			for _, n := range r.Nodes {
				e.Changes = append(e.Changes, svn.Change{Action: n.Action, Kind: n.Kind, Path: n.Path, FromPath: n.FromPath, FromRevision: n.FromRevision,
					TextChanged: n.Text != nil, PropsChanged: n.Props != nil})
			}
			if !yield(e, r.Close()) {
				return
			}
		}
	}
}
