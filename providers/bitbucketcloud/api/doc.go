// Package api asks the REST interface of Bitbucket Cloud, version 2.0: typed
// requests for what a migration reads, paging, rate limits, and what refusals mean.
// It decides nothing: what becomes of an answer is for the caller to say.
//
// Start at [New] and [Client.SignIn].
//
// Every request names the fields that it wants. Bitbucket allows a thousand requests
// an hour, and says little about how many are left; answers without the links,
// pictures and rendered texts that it sends by default are a tenth of the size, and
// lists can be had with what would otherwise take a request for each item.
package api
