// Package lfs brings the Git LFS objects that a history names into a bare
// repository, from a folder that git-lfs filled or from a server that speaks
// the Git LFS batch API. It needs no git-lfs program. It does not look for
// pointers, which is the business of gitrepo, and it uploads nothing.
//
// Start at [Store], the objects of one repository, and at the two origins,
// [Folder] and [Server].
//
// # What callers may rely on
//
// A file appears in the store only after its SHA-256 and its size were found
// right, and it appears whole. What is there with the right size is kept, so
// that fetching again brings only what is missing, also after the process was
// killed.
//
// What an origin does not give is a [Problem] of that object; all others are
// fetched. Only the end of the context and a failure of the store end a fetch.
// No message repeats the body of an answer, and none holds a credential.
//
// The credential and the headers of a Server reach its own scheme, host and
// port only. The headers that a server hands out for one download go to the
// address it came with, and nowhere else when that address redirects.
//
// # Why
//
// git lfs fetch would do the same, but it must be installed, reads the
// configuration of user, system and repository, and tells what it could not
// fetch as text for people.
package lfs
