// Package ra reads Subversion repositories over svn:// and svn+ssh://. It
// speaks the protocol of svnserve itself and needs no Subversion program on
// this machine; svn+ssh:// runs the user's ssh.
//
// Start at [Open]. It knows nothing of branches and writes nothing anywhere.
//
// # Signing in
//
// The mechanisms are EXTERNAL (through ssh), CRAM-MD5 and ANONYMOUS. PLAIN,
// which shows the password to whoever listens, is used only when the server
// offers nothing better and is reached through ssh or on this machine. The
// password is sent nowhere else: the protocol has no redirects, and a
// repository that claims to stand at another host is refused.
//
// ssh is run as $SVN_SSH says, else $GIT_SSH_COMMAND, else with BatchMode: it
// cannot ask anything here. Both variables are shell, and a host or user name
// can be no option.
//
// # Authorization
//
// A URL inside a repository is read from the repository's root, so that copies
// from elsewhere are seen. When the server does not let us read the root, the
// folder alone is read; see remote.Repository.Scope.
//
// # Why
//
// Revisions arrive through replay-range: one command for many revisions
// leaves no round trips in between. Deltas are asked for without compression
// on this machine and with it elsewhere, where the line is what is slow.
//
// The decoder of the protocol reads items one after the other and builds no
// tree of them. So the memory that an answer takes does not depend on how many
// items a server puts into it, and a text is copied once.
package ra
