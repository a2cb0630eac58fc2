// Package api speaks the REST interface of Gitea and Forgejo: one typed method
// for each request that the source and the target need, over forgehttp. It
// decides nothing and keeps nothing: what a request means for a migration is
// the business of its callers.
//
// Start at [New]. Each subject has a file with its types, its methods and
// nothing else; [Client.As] sends the requests of a copy in another user's name.
//
// # Adding a request
//
// Write a method that makes a call. The parts of its path are given one by one,
// so that nothing in a name can lead elsewhere. A list is read with pages.
//
// # Why
//
// The types hold the fields that Drover uses. A client library of the whole
// interface would be larger than the provider, and would retry and log in
// ways of its own.
//
// No write is sent twice by this package. A server that dies after it stored an
// issue and before it answered would otherwise hold two.
package api
