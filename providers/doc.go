// Package providers is the contract between Drover and the programs that speak
// for one kind of source system or forge. Whoever wants to know what a
// provider must be able to do finds the whole of it here: Provider,
// Description, Source, Target and Error. It does nothing by itself and imports
// schema only.
//
// A provider is an executable called drover-provider-NAME whose main function
// is one statement:
//
//	func main() { plugin.Serve(git.New()) }
//
// # Adding a provider
//
//  1. Write a package with New() *providers.Provider: a Description, and
//     OpenSource or OpenTarget or both.
//  2. Embed UnimplementedSource or UnimplementedTarget; implement what the
//     description promises and nothing else.
//  3. Classify every failure with Error. The engine decides from its code
//     alone whether to retry, skip, wait or stop.
//  4. Add the one-statement main and run the conformance suite:
//     drover provider test ./drover-provider-NAME --fixture DIR.
//
// # Why
//
// Powers are data, not optional interfaces, because a process boundary cannot
// be type-asserted and because people should read what will be lost before
// they apply.
//
// A provider moves git data itself, into and out of bare repositories that the
// engine names. The alternative, handing the engine an address and a
// credential, would spread secrets over two processes and would fit only
// sources that speak git.
package providers
