// Package mercurial is the source provider for Mercurial: a repository on this
// machine, a bundle file, or a server over http, https or ssh becomes a git
// repository. It reads Mercurial's own formats and protocol through package hg
// and its sub-packages and runs no hg; only VerifyGit does, because a proof
// needs a second opinion.
//
// It decides what a Mercurial history is in git: which changesets are
// exported, what the refs are called, how a user becomes a name and an e-mail
// address, what happens to .hgtags, .hgignore, subrepositories and large files.
// docs/mercurial.md says it for people. Start at [New] and at convert.
//
// # One changeset, one commit
//
// The commit of a changeset is a function of the changeset, its ancestors and
// the settings marked "rewrite", and of nothing else: not of the order in which
// changesets arrived, of where a conversion was interrupted, or of how many
// processors there are. A conversion that continues an earlier one hence makes
// the same commits as one that starts anew.
//
// # Why
//
// Contents are converted file by file before the first commit is made, because
// a file's revisions are neighbours in Mercurial's store and each one is a
// small change of the one before: it becomes a delta in git's pack without
// being compared with anything. Going changeset by changeset, as most
// converters do, reads each of them from somewhere else.
//
// The identity of a repository is its first changeset. Unlike the address it
// survives a move, and unlike the tip it does not change.
//
// Large files of the extensions largefiles and lfs become the files that they
// stand for, and not Git LFS pointers, because a large_files block of the plan
// decides about those in one place for all systems.
package mercurial
