// Package tfvc is the source provider for Team Foundation Version Control, in
// Azure DevOps Services and Server. It turns a team project into a git history:
// branches from the server's branches, merges where a branch was merged as a
// whole, tags from labels, and everything that git cannot hold as a list of
// losses.
//
// Talking to the server is the business of package azure, writing git objects
// that of gitpack, gittree and conversion. This package has the rules. Start at
// [source.ExportGit], then [reader], which reads ahead, and
// [converter.changeset], which takes one changeset through the rules:
//
//	changes ─► plan ─► contents ─► tree ─► lines ─► commits ─► refs, tags
//	           what     by MD5,    one     who      public      at the
//	           is there once each  root a  changed, trees,      end
//	           after it            set     parents  merges
//
// # Words
//
// A line is one life of a branch: from the changeset that made its folder to the
// one that removed it. The source tree of a changeset is the whole project as a
// git tree, with its empty folders; it is reachable from no ref. The public tree
// is what a commit of a line has.
//
// # Why
//
// A list of changes is read for what is there afterwards, not as a series of
// steps. Whatever a change is called, an item that was not deleted is at its
// path with the contents that its hash names. So everything that goes is removed
// first, then everything that is there is put in place. Swapped names, a file
// renamed to where another one was deleted, chains of renames, and renames whose
// source nobody finds need no rule and no order, which is where converters that
// carry out the changes one by one go wrong.
//
// When a folder is branched, renamed or undeleted and the list does not say what
// is in it, the server is asked what is. A guess from the tree at hand would
// miss what came from other projects.
//
// A commit depends on the changesets up to it and on the settings, and on
// nothing else: not on where a session ended, how many requests ran at a time,
// or what came later. Branches that the server tells of later are lines if their
// folder did not exist before; see [layout].
package tfvc
