// Package targettest helps to test the targets on forges: it makes git repositories
// and records, and calls a target as the engine does. What fails ends the test that
// it was called for. It knows no forge, and nothing but tests imports it.
package targettest
