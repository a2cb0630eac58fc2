// Package api asks GitHub: it knows the addresses of GitHub.com and of
// Enterprise Server, how a token is sent, which headers tell the limits, what a
// refusal means, and the shape of the answers that the source reads.
//
// It holds no policy: it does not decide what is read, when, or what becomes of
// it. Waiting, repeating, sharing work among tokens and paging are done by
// package forgehttp; a [Client] is the way to both of GitHub's interfaces, REST
// ([Client.Get], [Client.List]) and GraphQL ([Client.GraphQL]).
//
// # Why
//
// The types hold only the fields that are used. A client library would bring a
// thousand others, a major version every few weeks, and its own opinion on
// retrying; and it has no GraphQL.
package api
