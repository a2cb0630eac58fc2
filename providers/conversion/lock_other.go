//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package conversion

import (
	"errors"
	"os"
	"runtime"
)

func lock(string) (*os.File, error) {
	return nil, errors.New("a conversion cannot be locked on " + runtime.GOOS + "; run it on Linux, macOS or a BSD")
}

func unlock(f *os.File) error { return f.Close() }
