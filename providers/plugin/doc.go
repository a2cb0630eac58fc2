// Package plugin is the process boundary between Drover and its providers, both
// ends of it. Launch is the engine's end: it starts a provider's executable and
// returns a Client that opens Sources and Targets in it. Serve is the whole of
// a provider's main function. Between them stands the protocol that
// providerpb/provider.proto documents.
//
// The package translates and looks after processes. What providers can do is
// written in package providers; retries, order and what to do about an error
// are the engine's.
//
// Whatever a provider sends is checked for size and form before it is handed
// on, because a provider may be wrong, and the systems behind it may be
// hostile. The meaning of what it sends is not judged here.
//
// # When a provider dies
//
// The calls in progress end with providers.CodeUnavailable. The next call
// starts the provider again and opens the session again: a Source or Target
// stays valid for the life of its Client. No call is repeated by this package,
// because only the engine knows how to find out what a write has done.
//
// # Why
//
// The executable is run by program, not by go-plugin's own runner. That one
// hands the terminal to the child, notices the child's end only when all
// grandchildren have closed its standard error, forgets the exit status, and
// gives up when the first line on standard output is not the handshake.
//
// Provider logs are parsed here too: go-plugin's parser panics on a JSON line
// whose "@message" is not a string, and a provider must not be able to stop
// Drover.
//
// Calls are plain gRPC. The broker of go-plugin, which would allow callbacks,
// exists for Go only, and providers may be written in other languages.
package plugin
