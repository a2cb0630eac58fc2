// Package hg is a Mercurial history as it is read: the types that every way of
// reading one shares, and the parsers of what its revisions hold.
//
// It reads nothing itself. A [Repository] comes from one of its sub-packages:
//
//	hg/store   a repository on this machine, read natively
//	hg/spool   a folder of our own, filled from bundles and servers
//	hg/bundle  bundle files and streams, as they are taken apart for a spool
//	hg/wire    servers, over http, https and ssh
//
// Start at [Repository] and [Log]. What a revision of the changelog, of the
// manifest and of a file holds is read by [ParseChangeset], [ParseManifest] and
// [SplitMeta].
//
// The package knows no git: what becomes of a history is the business of the
// packages above it. No Mercurial program is run.
//
// # Hostile data
//
// Everything that is read was written by others. Sizes are checked before
// memory is taken, paths that leave the tree are errors, parents come before
// their children, and a text that does not hash to its node is an error which
// names the file and the changeset. [ErrCorrupt] is found in all such errors.
//
// # Why
//
// Revisions are named by their number in a log and not by their node, because
// numbers index arrays. Numbers differ between copies of a repository; what
// must be the same for every copy has to be derived from nodes and parents.
package hg
