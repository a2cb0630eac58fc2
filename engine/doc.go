// Package engine decides what a migration has to do and does it.
//
//	wanted (schema.Migration) ┐
//	facts  (Gather)           ├─► NewPlan ─► Changeset ─► Apply ─► stages of each resource
//	history (state)           ┘                                    detect fetch map push
//	                                                               streams links verify
//
// Start with NewPlan, which is a pure function, then Apply. The engine knows no
// file format, no database, no process boundary and no terminal: it is given
// values, a Store, a way to reach the two Ends, a clock, and a function that
// receives its events.
//
// # The rule of writing
//
// Every write to a target is intent, write, commit: the ledger records what is
// about to be written, the target writes it, the ledger records what became of
// it. An intent that is still open when its record is read again is settled by
// asking the target with Find before anything is written. So the process may
// be killed at any instant, and resume, cancel and crash are one path.
//
// # Why
//
// A changeset goes stale by resource, not as a whole. Comparing one serial
// number of the state would be simpler, but then an unrelated change, or the
// first half of the same changeset, would refuse the rest of a migration.
//
// Work is cut into units that pass through JSON even in one process. That costs
// microseconds, and nothing can come to depend on memory that another unit
// left behind.
package engine
