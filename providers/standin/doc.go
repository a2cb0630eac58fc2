// Package standin is a test kit: what the stand-ins of forges have in common. A
// stand-in is a server that a provider's tests run against, and a program that people
// try a provider with.
//
// A Server listens, holds a folder for repositories, gathers what was said against the
// forge's description, and lets a test make things go wrong: a stand-in embeds it. A
// Log, embedded as well, keeps the requests. Main is the frame of the program.
//
// It knows no forge: what a request means is the stand-in's. For git see package
// gitserver, and for the description package contracttest.
package standin
