// Package gittree keeps git trees and makes new ones out of them by path.
//
// [Trees] reads trees through a bounded cache. [Trees.Edit] collects changes
// to one root, [Edit.Write] makes the trees that follow from them: only the
// directories on the way to a change are written, each as a delta against its
// previous version, and a whole directory of any older root is taken over by
// its id alone. [Trees.Walk] and [Trees.Diff] list what is in a root and what
// is different between two.
//
// The package knows the format of trees and nothing of what is in the files.
// Any name that the format can hold is accepted; which names git refuses for
// other reasons (".git", "..") is the caller's to know.
//
// # What callers may rely on
//
// Trees may come from anywhere: whatever their bytes are, reading them ends
// in entries or in an error that wraps [gitpack.ErrCorrupt]. Memory is bounded
// by the cache, the depth of a path, and the size of an edit. A tree of a
// hundred bytes can stand for a billion files, as it can name one subtree
// many times: who walks trees of strangers counts what is yielded.
//
// # Why
//
// A tree is kept as its own bytes and the positions of its entries. That is
// half of what decoded entries take, a change is a copy with a gap, and the
// pieces that were copied are the delta: nothing needs to be searched for or
// encoded again. Maps of entries would take ten times as much, and a directory
// of ten thousand files that changes twenty thousand times is not rare.
package gittree
