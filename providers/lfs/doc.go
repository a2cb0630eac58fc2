// Package lfs brings the Git LFS objects that a history names into a bare
// repository, from a folder that git-lfs filled or from a server that speaks
// the Git LFS batch API, and gives those of a bare repository to such a server.
// It needs no git-lfs program. It does not look for pointers, which is the
// business of gitrepo.
//
// Start at [Store], the objects of one repository, then [Fetch] with the two
// origins, [Folder] and [Server], and [Upload].
//
// # What callers may rely on
//
// A file appears in the store only after its SHA-256 and its size were found
// right, and it appears whole. What is there with the right size is kept, so
// that fetching again brings only what is missing, also after the process was
// killed.
//
// What an origin does not give, or a server does not take, is a problem of that
// object; all others are moved. Only the end of the context and a failure of
// the store end a call. No message repeats the body of an answer, and none
// holds a credential.
//
// Uploading asks the server first, and sends what it does not have. An object
// counts as uploaded when the server has answered so, and has verified it where
// it wants that.
//
// The credential and the headers of a Server reach its own scheme, host and
// port only. The headers that a server hands out for one object go to the
// address they came with, and nowhere else when that address redirects.
//
// # Why
//
// git lfs fetch and push would do the same, but git-lfs must be installed, reads
// the configuration of user, system and repository, and tells what it could not
// move as text for people.
package lfs
