// Package stream is what sources of forges have in common when they yield the
// records of a stream: a record and its revision, streams that are read in sections,
// threads that are read ahead and yielded in order, cursors, and losses that are told
// in every reading. It knows the contract, and no forge; what is asked of a server is
// for the caller to say.
//
// Start at [Start], which every call of Source.Read begins with. A stream of lists
// that are short is read with [Out.Sections], and [Digest] tells whether such a
// stream changed. A stream of what has a number is read with [Threads]: [Ahead]
// fetches, [Tell] yields, and a [Mark] in the cursor says how far it came.
package stream
