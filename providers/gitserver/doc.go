// Package gitserver is a test kit: it serves bare git repositories over smart
// HTTP, with Git LFS, the way a forge does. The stand-ins of GitHub and of Gitea
// stand on it.
//
// It knows no accounts and no forge: who may do what is asked of a function,
// and where a repository is can be, too. It is not hardened for the open
// network.
//
// # Why
//
// git's own http-backend speaks the protocol, so that what a test sees is what
// git does, including protocol version 2, partial clones and refused refs. A
// server written in Go would be a second implementation to be wrong.
package gitserver
