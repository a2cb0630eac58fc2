//go:build unix

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeBytes is how much room is left on the disk that holds dir.
func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
