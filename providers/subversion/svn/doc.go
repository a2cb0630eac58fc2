// Package svn holds what a Subversion history is made of while it is read:
// revisions, the nodes that they change, and the texts of files. It is the
// vocabulary between the readers (dump files and local repositories, svn://,
// http://) and the conversion into git.
//
// It opens nothing and speaks no protocol, and it knows nothing of branches:
// a history here is a row of trees.
//
// Start at [Repository], which every reader implements, and at [Revision]. A
// changed file arrives as a [Text], mostly a difference to its predecessor in
// the svndiff format, whose decoder is here as well since all readers share
// it.
//
// # Why
//
// A text is handed over as it came and decoded by [Text.Apply], not by the
// reader. The reader is one goroutine for each stream, and decoding needs the
// base text, which only the conversion keeps; so that can be done by as many
// workers as there are cores.
//
// Apply translates svndiff into a git delta in the same pass that builds the
// text. A converter that stores the delta neither compares two texts nor
// compresses a whole one, and this is most of what a conversion costs.
//
// The limits of svndiff windows are those of Subversion's own library. They
// are what keeps "10 GB in 10 bytes" from ever being allocated: no window is
// larger than 100 KiB.
package svn
