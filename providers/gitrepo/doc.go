// Package gitrepo runs git: it mirrors remote repositories, reads and moves
// refs, shares objects between bare repositories, and lists the people and
// the large-file pointers of a history.
//
// It is the only place of the project that starts a git process, so that
// credentials, hostile data and killed processes are dealt with once. It does
// not interpret histories (rewriting authors or large files is the business
// of engine/history) and it knows no forge.
//
// Start at [Mirror], which fills a bare repository from a [Remote], and at
// [Repo], which is such a repository.
//
// # What callers may rely on
//
// Every run of git has an environment and a configuration of its own: nothing
// in the user's or the system's git configuration changes what it does, it
// never prompts, runs no hook and collects no garbage. Only the transports
// file, http, https, ssh and git can be used, and none at all by runs that
// only read or write a repository on disk. When the context ends, git and
// everything it started is gone before the call returns; when this process
// dies, so do its transfers (on Unix).
//
// Credentials reach git through the environment of the one process that
// needs them and are given out for the remote's own scheme and host only.
// They are in no argument, no file and no error.
//
// Failures are of type [*Error]; its Kind is what callers branch on.
//
// git 2.30 or newer is needed.
//
// # Why
//
// The package lives under providers although the engine uses it as well:
// source and target providers need git just as much, and providers must not
// import the engine. Two homes, or a copy, would be worse than this path.
//
// Configuration travels as `git -c` and not as GIT_CONFIG_COUNT, which git
// knows only since 2.31. No value holds a secret: the credential helper is a
// shell function that prints two environment variables.
//
// A repository in a local directory is mirrored without git's transport: its
// object files are taken by [Repo.TakeObjects] and its refs are read with an
// explicit --git-dir. That costs no more than `git clone --mirror PATH`, which
// links files too, a tenth of what a transport costs. It is also the
// safer way: no process runs inside a directory somebody else wrote, and
// symbolic links among the objects are refused (CVE-2022-39253). Files of
// other owners are copied, because their owner could change them later.
// Directories that need git's understanding (work trees, shallow and partial
// clones, bundles) go through the transport.
package gitrepo
