// Package providerpb is the wire between Drover and its providers:
// provider.proto, which is a public document, and the code generated from it.
// Nothing but providers/plugin uses it.
package providerpb

//go:generate ./generate.sh
