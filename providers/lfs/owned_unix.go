//go:build unix

package lfs

import (
	"io/fs"
	"os"
	"syscall"
)

// owned reports whether the file belongs to the user we run as.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
