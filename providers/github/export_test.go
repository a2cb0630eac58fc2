package github

// OpenWith lets tests wait by a clock of their own.
var OpenWith = openWith
