package bitbucketserver

// OpenWith opens a source with a clock.
var OpenWith = openWith
