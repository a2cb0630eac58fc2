//go:build darwin || freebsd

package state

import "golang.org/x/sys/unix"

// networkFS names the network file system that dir is on, or returns "".
func networkFS(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil || uint64(st.Flags)&unix.MNT_LOCAL != 0 {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
