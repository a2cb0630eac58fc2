// Package state is Drover's memory: what earlier runs did, item by item, in
// one SQLite file. It is the only home of SQLite.
//
// It offers verbs and no tables, holds schema types and no policy: it does not
// decide what is stale, what to retry or when a resource is synced, and it
// talks to no forge. Secrets, record bodies and blobs are not stored.
//
// Start with Open, for the one process that may write, and View, for any
// number that read. A run is framed by Store.Begin and Store.End; one resource
// is written through the Ledger that Store.Claim returns. When a method that
// writes returns nil, its effect survives the death of the process and of the
// machine.
//
// # Why
//
// The lock is the kernel's (flock on PATH.lock), not a row: the kernel drops
// it on any death, so no lock is ever left behind, and because provider
// processes inherit the descriptor, a killed engine whose provider still
// writes keeps the state locked. The owner row only says who it is. SQLite's
// own locks would be released by the death of the engine.
//
// Every write of a Ledger names the epoch of its claim. A worker that was
// believed lost and comes back finds its epoch superseded and can change
// nothing.
//
// A new state is made under another name and renamed, and every later change
// is one transaction, so PATH is at any instant absent or a whole state. An
// empty or short file at PATH is therefore damage, and never mistaken for a
// fresh start.
//
// History keeps one line for each resource and run, not one for each write:
// people ask what a run did, and a line per stage would outgrow everything
// else in a plan of 50,000 repositories.
//
// The sweep that finds items gone from the source compares the stream that
// yielded an item as well as its kind, because two streams may share a kind:
// the comments of issues and those of changes.
package state
