// Package contracttest holds stand-ins of forges, and the code that talks to
// them, to the description that a forge publishes of itself (OpenAPI 3.0): each
// request and each answer of a test run is compared with it. It is a test kit: it
// knows no forge, sends nothing, and no production code may import it.
//
// Load reads a description once; Check judges one exchange; Handler puts the
// check in front of a stand-in.
//
// # Why
//
// A stand-in written from memory agrees with the code that was written from the
// same memory. A description written by somebody else is the cheapest thing that
// does not. Validators of OpenAPI let pass what a test needs to know: a query
// parameter or a JSON member that nobody described is accepted, since servers
// ignore it. That is how a misspelt field goes unnoticed for a year, so here it is
// refused, in requests and in answers.
//
// A description is not the truth either. Where the real server differs from it, a
// stand-in says so in a list of Exceptions, each with its reason, rather than with
// checks left out.
//
// Routing, parameters and unknown members are this package's own; schemas are read
// and compared by kin-openapi. Its router takes one path segment for each parameter
// and a linear search for each request; that is too strict for paths of files and
// too slow for a thousand operations.
package contracttest
