// Package gitpack reads the objects of git repositories and adds packs to
// them, without a git process.
//
// [Store] reads packs, loose objects and alternates. [Writer] adds one pack:
// its entries are stored as they come, as deltas when the caller has a delta
// or the previous version, and the pack becomes visible to git all at once
// when [Writer.Finish] returns. [Delta] builds a delta from copies and inserts,
// which is what converters of other systems have at hand.
//
// The package knows objects as bytes of a [Kind]. What is inside commits and
// tags is the business of engine/history, trees are edited by
// providers/gittree, and refs belong to providers/gitrepo. It does not repack,
// prune or check repositories, and it reads SHA-1 repositories only.
//
// # What callers may rely on
//
// Whatever a pack, an index or a loose object claims, reading it ends in the
// object or in an error that wraps [ErrCorrupt], with memory bounded by a few
// times [MaxRead]. Contents are not hashed when they are read: that is the
// work of git fsck; zlib's checksum is verified.
//
// A process that is killed while it writes leaves files named tmp_* in
// objects/pack, which git ignores and prunes in time, or a pack without an
// index, which git ignores too. Contents reach the disk before their index
// does.
//
// # Why
//
// A pipe into git fast-import costs more than a whole conversion: it takes
// every text in full, looks for its own deltas and compresses at git's
// level. A converter knows which text a change applies to, so that a pack
// entry is a transplanted delta, some tens of bytes, and the cost is one
// SHA-1. Reading through git cat-file costs a pipe round trip an object.
//
// Packs are read with pread, in windows that are kept, rather than mapped: a
// file truncated by somebody else is then an error and not a signal that ends
// the process, and resident memory says what this process needs. Indexes are held in memory, 28 bytes an
// object, for the same reason.
//
// Deltas refer to earlier entries of the same pack by offset and never to
// other packs, as git demands of packs on disk. It makes entries independent
// of their position, so that [Merge] concatenates packs without looking at
// them. Chains are capped, because reading an object costs its chain.
//
// Small objects are inflated by an inflater of our own (tiny.go), which makes
// reading commits a half faster; the general one remains the judge of
// everything it does not manage.
//
// Misses are remembered until [Store.Refresh]: looking for files of other
// processes at every miss would cost a system call for each new object.
package gitpack
