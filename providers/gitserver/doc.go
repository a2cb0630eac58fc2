// Package gitserver is a test kit: the git side of a stand-in for a forge. A Server
// serves bare git repositories over smart HTTP, with Git LFS, the way a forge does; a
// Repo makes one and asks it what a forge tells of it.
//
// It knows no accounts and no forge: who may do what is asked of a function,
// and where a repository is can be, too. It is not hardened for the open
// network.
//
// # Why
//
// git itself speaks the protocol and answers the questions, so that what a test sees
// is what git does, including protocol version 2, partial clones and refused refs. A
// server written in Go would be a second implementation to be wrong. But a run of git
// takes longer than all that a stand-in does besides, and tests ask the same thing
// again and again. So repositories and refs are read and made by hand where that is a
// matter of plain files, and an answer about objects that are named by their full ids,
// which never changes, is asked for once.
package gitserver
