// Package conversion holds what the converters of foreign histories have in
// common: where a conversion keeps what it has done, and how names, paths,
// people, dates and messages of other systems become what git can hold.
//
// Start at [Open]. A [Session] is a bare repository that is being filled: the
// converter puts objects through [Session.Writer], notes which commit stands
// for which revision with [Session.Record] and what was lost with
// [Session.Losses], makes a [Session.Checkpoint] whenever one is
// [Session.Due], and ends with [Session.Finish], which sets the refs.
//
// The rest are pure functions: [RefName], [PathProblem], [SplitPerson],
// [Message], [EncodeCommit] and their kin.
//
// The package reads no foreign system and decides nothing about branches,
// merges or ignored files.
//
// # What a converter may rely on
//
// A conversion may be killed at any instant. The next one with the same key
// finds everything up to the last checkpoint and nothing later: objects, the
// converter's own state, the revision table and the losses are valid together,
// because one rename makes them so. Two conversions into one directory do not
// run at the same time.
//
// In return, commits must not depend on where checkpoints are: a conversion in
// one go and one in a hundred pieces have the same commit ids.
//
// # The directory
//
// Beside what git puts into a bare repository there are
//
//	drover-lock        held while a conversion runs
//	drover-checkpoint  what is valid, JSON
//	drover-state-N     the converter's state at that checkpoint
//	drover-revisions   the revision table
//	drover-scratch     temporary files, gone with the session
//	drover-books       there are objects that no ref leads to, see KeepBooks
//	drover-spool       what a converter keeps of the source between runs
//
// # Why
//
// The state of a conversion lies in the repository that it fills and not in
// the engine's database: it is worthless without the objects and they without
// it, it can be megabytes, and one rename is all the transaction that is
// needed. It is not kept in a ref, because pushing it would publish it.
//
// Each checkpoint ends a pack, and objects cannot be stored as deltas across
// packs. Checkpoints are therefore rare, and the packs of many small runs are
// merged in sizes that at least double, so that their number stays small and a
// byte is copied a logarithmic number of times.
package conversion
