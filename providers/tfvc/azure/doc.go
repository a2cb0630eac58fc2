// Package azure reads Team Foundation Version Control over the REST interface
// of Azure DevOps Services and Azure DevOps Server (Team Foundation Server in
// its day): changesets and their changes, items and their contents, branches,
// labels, projects.
//
// Start at [ParseAddress] and [New]. A [Client] asks and nothing else: it makes
// no sense of what changes mean, keeps nothing and writes nothing.
//
// # What a caller may rely on
//
// A list is complete or ends with an error. Lists are read by their last
// element, not by counting pages, so that a server which hands out less than it
// was asked for cannot cut them off. Memory is bounded whatever a server sends:
// lists are decoded element by element, and an element has a largest size.
//
// A request that failed in a way that may not come again is repeated: when the
// connection broke, and for the statuses 429, 500, 502, 503 and 504. When the
// server says how long to wait, in Retry-After, all requests wait.
//
// Credentials go to the host of the address and to no other. Redirects are
// followed there only.
//
// # Why
//
// Version 5.0 of the interface is asked for first: every server since 2019 and
// Azure DevOps Services know it, and what this package reads has not changed
// since. A server that says that it is too new is asked in versions 4.1, 3.0,
// 2.0 and 1.0. Asking for the newest one and falling back would cost every old
// server a refused request more and gain nothing.
//
// A server's sign-in page comes with status 203 or 302 and looks like success.
// It is taken for the refusal that it is.
package azure
