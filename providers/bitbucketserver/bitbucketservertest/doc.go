// Package bitbucketservertest is a test kit: a stand-in of Bitbucket Server and Data
// Center over one model in memory, with its interface for programs, git over http
// with Git LFS, and the files that people upload into texts. It answers what a
// source asks, as version 10.3, 8.14 or one before 7.2, and cannot be written to over
// the network.
//
// Start at [New]; [Sample] fills the model. The methods of [Model] do what people do,
// each of which lets ten minutes pass.
//
// # What it is held to
//
// Each request and each answer is compared with Atlassian's description of the
// version; where the real server differs, contract.go says so and why. What no
// description tells, such as the members of activities, is made as recordings of real
// servers have it.
package bitbucketservertest
