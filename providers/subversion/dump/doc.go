// Package dump reads Subversion histories that are on this machine: dump
// files, and repositories in a directory.
//
// It reaches no server; the packages ra and dav do. It checks what can be said
// of a record on its own (its form, its path, its sizes) and leaves to the
// conversion what needs the tree, such as a change of a path that does not
// exist.
//
// Start at [Open].
//
// # Dump files
//
// Formats 1 to 3 are read, plain or compressed by gzip, bzip2 or zstd, also
// several dumps in one file (cat part1 part2). A file that begins later than
// with the first revision is accepted in two cases. When its first revision
// holds a full tree (svnadmin dump -r 500:900), the history begins there. When
// the caller asks for no revision before the first (svnadmin dump
// --incremental -r 500:900, after a conversion up to r499), it goes on.
//
// Revision numbers that a file leaves out, as svndumpfilter may, are empty
// revisions.
//
// A file that ends early, a size that does not fit, a checksum that does not
// match: each is an error that names the revision and the path. Checksums of
// texts are compared when a text is applied.
//
// # Repositories
//
// A repository in a directory is read several ranges of revisions at a time.
// The package fsfs reads what Subversion 1.9 and newer made. The rest is read
// by `svnadmin dump --deltas` and `svn log`, and so is a range from where fsfs
// met something that it did not expect: a healthy repository is converted all
// the same, and of a damaged one Subversion itself says what is wrong.
//
// Programs of Subversion run without a configuration and with an environment
// of their own. They run no hooks.
package dump
