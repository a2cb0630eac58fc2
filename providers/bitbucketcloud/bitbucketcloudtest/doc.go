// Package bitbucketcloudtest is a test kit: a stand-in for Bitbucket Cloud over one
// model in memory. It serves the REST interface below /2.0, git over HTTP with Git
// LFS, wikis, and the files that issues and texts have, with the scopes, limits,
// partial answers and failures that Bitbucket has.
//
// Start at New; Sample fills the model with a workspace that has something of
// everything. A Fault disturbs requests. Tests change the Model while it is served
// and, at their end, look at Server.Violations.
//
// It is a source to read from: nothing is written through its interfaces. It is not
// hardened for the open network.
//
// # What is as at Bitbucket, and what is not known
//
// Each request, and each answer, is compared with Atlassian's own description, and
// the shapes of answers with recordings of the real server. What the description does
// not have is from Atlassian's pages: the parameter fields, queries and orders, scopes
// in headers, limits. Where nothing says what happens, the stand-in takes what is
// harder for a reader: limits are told by no header, a refusal for the rate says
// nothing of when to come back, the commits of pull requests have twelve digits, who
// left is null, and a file is on another host.
//
// That git gives commits to which no ref leads is not known of Bitbucket Cloud; the
// stand-in gives them until they are pruned.
package bitbucketcloudtest
