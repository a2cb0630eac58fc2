// Package providertest is the conformance suite of providers: checks of all that
// the package providers promises, which any provider can be put through, be it
// this project's or yours. A provider that passes can be used by the engine; a
// check that fails says which promise is broken, and what was seen.
//
// The suite needs no *testing.T, so that a command can run it as well as a
// test. Start at [Run]; [Test] and [TestBinary] make each check a subtest:
//
//	func TestConformance(t *testing.T) {
//		providertest.Test(t, tarballs.New(), providertest.Fixture{
//			Dir:    "testdata",
//			Source: &providertest.SourceFixture{Repositories: ...},
//		})
//	}
//
// A [Fixture] says what the provider is tried on. Without one, only the checks
// that need no system behind the provider are made.
//
// The suite does not start systems and does not clean them: repositories that
// it makes at a target are left for people to look at, under names that begin
// with "drover-conformance-".
//
// # Adding a check
//
// Put it in the file of its area and in that area's list. Then add a provider
// that breaks it to the tests: a check that nothing can fail is not one.
//
// # Why
//
// Checks are functions in a list, not test functions: their results are data,
// with an area, a level and a reason, that a table, JUnit or JSON can show.
//
// Each check opens what it needs and believes nothing that an earlier one
// found, except the description. One that fails therefore does not take others
// with it. Where a check asks for the same thing twice it asks two instances,
// because a provider that keeps its answers in memory would always agree with
// itself.
//
// A provider that is asked to stop gets a moment measured by the clock, the
// fixture's patience. There is no other way to see that something does not
// return.
package providertest
