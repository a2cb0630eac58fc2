// Package tfvctest is a collection of Azure DevOps in memory: for tests of what
// reads Team Foundation Version Control.
//
// A test makes a [Collection], checks in changesets with [Collection.Commit],
// and serves it with [Collection.Serve]. [Collection.Files] tells what is in a
// folder in a version, so that a conversion can be compared with it. The fields
// of Collection choose how the server behaves where servers differ or fail.
//
// Every request and every answer is checked against the vendor's description of
// the interface: what it does not know fails the test.
//
// The package shares no code with the one that converts: it is the other opinion
// on what changes mean. It plays no server well enough to develop against.
package tfvctest
