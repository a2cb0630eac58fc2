// Package wire reads from Mercurial servers, over http, https and ssh. It only
// asks; it never changes anything there.
//
// Start at [Dial], [Peer.State] and [Peer.Pull].
//
// # What is sent where
//
// Credentials go to the scheme, host and port of the address and nowhere else;
// redirects that lead elsewhere are refused. A password is only sent after the
// server asked for one, by the Digest scheme if it takes that.
//
// Servers may offer bundles at other addresses (clonebundles). They are not
// used: the same data comes over the connection that was asked for, and an
// address that a server chose is one more thing to trust.
//
// # Why
//
// A history that is new to the spool is asked for in slices of some thousand
// changesets, each of which is kept as soon as it is complete. Servers make a
// bundle of a slice as easily as of everything, and a connection that breaks
// costs one slice and not the whole transfer. Slices are found with lookup,
// which takes the numbers that changesets have on the server.
package wire
