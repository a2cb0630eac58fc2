// Package sourcetest helps to test the sources of forges: it gathers what a source
// yields, carries it to a target as the engine would, makes git repositories, and
// passes the time. What fails ends the test that it was called for. It knows no forge,
// and nothing but tests imports it.
package sourcetest
