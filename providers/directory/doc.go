// Package directory is the provider of archives: folders of bare git
// repositories, with everything else of a repository as lines of JSON beside
// it. It is the target that needs no forge and loses nothing, and it reads
// back what it wrote.
//
// docs/archive.md describes the format for people who read archives with other
// programs. This package does not interpret records: a body goes in and comes
// out as the same bytes.
//
// Start at [New]. A location says where the parts of a repository stand; target
// writes them, and its records first into a journal (journal.go) that finish
// sorts into one file a kind (finish.go, sort.go); source reads them.
//
// # What a kill leaves
//
// Whatever becomes visible under its final name is complete: repositories,
// manifests, blobs and sorted files are made beside their place and renamed. A
// record counts as stored when its line in the journal ends in a line feed and
// was synced. The order of the steps of Create, Move, Write and Finish is chosen
// so that calling again completes what was cut off, and ends in the same bytes.
//
// # Why
//
// Records are sorted by id because that is the only order that does not depend
// on how they arrived: any two runs over the same source, stopped and resumed
// wherever, leave the same files, and two archives can be compared with diff.
// Ids of digits only come before all others, not only among themselves in the
// order of their numbers; otherwise 9 < 10 < 1a < 9 would be no order at all.
//
// Records go through a journal rather than into the sorted files, because
// inserting a line into a file means writing it again. The alternative, one
// file a record, costs a sync each and makes archives of a million files.
//
// The manifest has no times in it, so that equal repositories have equal
// manifests. Whether a file was edited since is seen from the file system: it
// is newer than the manifest, or of another size than the manifest says.
//
// All files are reached through os.Root, so that no name and no symbolic link
// leads out of an archive. git takes a path, so for git the links are resolved
// first and the result is checked.
package directory
