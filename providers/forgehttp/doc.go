// Package forgehttp is the HTTP client of providers that speak to a forge: it
// shares work among credentials, keeps to rate limits, repeats what may be
// repeated, follows pages, and reports failures as *providers.Error. It knows
// HTTP, JSON and the shape of GraphQL, and no forge: which headers tell of
// limits and how a token is sent is for the caller to say.
//
// Start at [New] and [Client.Do]; [Ask] and [Items] decode answers and lists,
// [Client.GraphQL] asks queries, [Client.Open] streams downloads and
// [Client.Upload] files. [Address] and [Account] are what settings say of a server.
//
// # What callers may rely on
//
// A credential reaches the scheme, host and port of Options.Base, and for
// downloads the hosts that the caller trusts; never an address that a redirect
// leads to elsewhere. No error repeats it, whatever the server says. Nothing is
// logged.
//
// A budget is held: once the server said that a credential may send n more
// requests, no more than n are sent with it before its window ends. A wait of
// up to ten minutes is waited out and told to the function of [Throttles]; a
// longer one, or one past the end of the context, comes back at once as
// providers.CodeRateLimited with its end.
//
// A request is sent again when that cannot do anything twice: reads; writes
// that the caller calls repeatable; and whatever the server refused before
// acting on it, or what never reached it. Of any other write that fails the
// outcome is open, which providers.CodeUnavailable says.
//
// Answers are bounded in size after decompression, and servers that stop
// sending are given up.
//
// # Why
//
// Clients that wrap a RoundTripper repeat every request after a 5xx, and
// http.Client takes most headers along to the host that a redirect names. Both
// are wrong for a tool that creates things with an administrator's token, and
// neither can be switched off halfway. So requests are sent by a
// http.RoundTripper, and everything above it is here.
package forgehttp
