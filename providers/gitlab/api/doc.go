// Package api speaks the REST interface of GitLab, version 4: one typed method
// for each request that the source, the target and the importers need, over
// forgehttp. It decides nothing and keeps nothing: what a request means for a
// migration is the business of its callers.
//
// Start at [New]. Each subject has a file with its types, its methods and
// nothing else; [Client.As] sends the requests of a copy in another user's name.
//
// # Adding a request
//
// Write a method that makes a call. The parts of its path are given one by one,
// so that nothing in a name can lead elsewhere; an [ID] and a name with slashes
// are parts too. A list is read with pages, whichever way the server pages it:
// with page numbers, or with keysets where the query asks for
// pagination=keyset.
//
// # Why
//
// The types hold the fields that Drover uses. GitLab's own client library has
// some three thousand, retries writes, and logs in ways of its own.
//
// No write is sent twice by this package. A server that dies after it stored an
// issue and before it answered would otherwise hold two.
package api
