// Package fsfs reads Subversion repositories on disk directly: those whose
// file system is FSFS of format 7 or 8 with logical addressing, which is what
// Subversion 1.9 and newer makes.
//
// It reads what was committed and nothing else: no transactions, no locks, no
// working copies. Repositories of other formats are ErrUnsupported and are
// left to svnadmin, as is whatever a repository holds that this package does
// not expect. So it never has to be lenient.
//
// Start at [Open].
//
// # Why
//
// `svnadmin dump --deltas` rebuilds two texts for every changed file, looks
// for what they have in common and writes that down. But FSFS stores most
// texts as just that, the difference to the text before: reading it where it
// lies saves more time than all other work of a conversion takes.
//
// A revision's file ends with two indexes. Only one is used, which says of
// each stretch of the file what it is: it tells all that is new in a revision,
// and no directory ever has to be read to find a node.
//
// Files are opened and read, not mapped into memory: repositories are often
// on network disks, where a fault would end the process.
package fsfs
