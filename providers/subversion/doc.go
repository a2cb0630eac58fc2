// Package subversion is the source provider for Subversion repositories. It
// turns a repository behind svn, svn+ssh, http or https, on disk, or in a dump
// file into a git history: branches and tags from a layout, merges from what
// Subversion's users recorded, and everything that git cannot hold as a list of
// losses.
//
// Reading is the business of the packages below this one: svn has the types,
// dump, ra and dav the ways in. Writing git objects is that of gitpack, gittree
// and conversion. This package has the rules. Start at [source.ExportGit], then
// [converter.revision], which takes one revision through them:
//
//	svn.Revision ─► texts ─► tree ─► lines ─► commits ─► refs
//	                blobs    one      who      public     at the
//	                         root a   changed, trees,     end
//	                         revision parents  merges
//
// # Words
//
// A line is one life of a branch, tag or trunk: from the revision that made its
// folder to the one that removed it. A folder that is removed and made again is
// two lines.
//
// The source tree of a revision is the whole repository as a git tree, with
// empty folders and with the properties that matter in entries of their own. It
// is reachable from no ref. The public tree is what a commit of a line has.
//
// # Why
//
// Source trees are kept as git trees, in the same packs, because git trees are
// what this needs: immutable, shared, compressed. A copy from any revision is
// the lookup of one entry, and a revision costs twenty bytes of memory.
//
// A commit depends on the revisions up to it and on the settings, and on nothing
// else: not on where a session ended, how many cores there are, or what came
// later. So a second run continues the history of the first one and gives the
// same commits as one run over everything. The price is that rules which need to
// know the future cannot be had: a layout that is not given is found from the
// whole log by the first run and kept from then on.
//
// Refs are not history: they are computed anew at the end of every run.
package subversion
