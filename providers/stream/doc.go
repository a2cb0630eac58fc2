// Package stream is what sources of forges have in common when they yield the
// records of a stream: a record and its revision, streams that are read in
// sections, losses that are told in every reading, and work that is done ahead and
// yielded in order. It knows the contract, and no forge; what is asked of a server
// is for the caller to say.
//
// Start at [Start], which every call of Source.Read begins with. A stream of lists
// that are short is read with [Out.Sections], and [Digest] tells whether such a
// stream changed. A stream with a cursor of its own uses [Out.Send], [Out.Put] and
// [InOrder].
package stream
