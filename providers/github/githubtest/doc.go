// Package githubtest is a test kit: a stand-in for GitHub, as github.com and as
// Enterprise Server, over one model in memory. It serves REST, GraphQL, git over
// HTTP with Git LFS, wikis, gists and the files that texts link to, with the
// limits, redirects and failures that GitHub has.
//
// Start at New; Sample fills the model with an organisation that has something
// of everything, Large with very much of the same. A Fault disturbs requests.
// Tests change the Model while it is served and, at their end, look at
// Server.Violations.
//
// It is a source to read from. Nothing is written through its interfaces except
// pushes of git; everything else is changed through the model. It is not
// hardened for the open network.
//
// # What is as at GitHub, and what is not known
//
// Each request, and each answer of the stand-in itself, is compared with GitHub's
// own descriptions of both interfaces, and the shape of answers with recordings
// of the real one. Where no document says what happens, the stand-in takes what
// is harder for a reader: reactions, cross-references, resolved threads and pins
// do not count as updates of an issue or pull request; comments that are added,
// changed or deleted do.
//
// The host of files is the same machine under another name, and refuses whoever
// sends credentials along. Ids of issues and comments do not fit 32 bits.
//
// # Why
//
// One model behind both interfaces, rather than answers kept in files: what a
// test finds through REST must agree with what it finds through GraphQL, with
// git and with what was changed meanwhile, and a hundred thousand issues must
// cost no fixture.
package githubtest
