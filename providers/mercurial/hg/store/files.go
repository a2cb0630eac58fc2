package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// maxSmall bounds the files that are read whole: requires, bookmarks, phases.
const maxSmall = 64 << 20

// openRegular opens a file and nothing that could block, such as a pipe.
func openRegular(root *os.Root, name string) (*os.File, error) {
	if info, err := root.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", hg.ErrCorrupt, name)
	}
	return root.Open(name)
}

// readLines returns the lines of a small file, and none when there is no file.
func readLines(root *os.Root, name string) ([]string, error) {
	data, err := readSmall(root, name)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// readSmall returns what a file holds, and nothing when there is no file.
func readSmall(root *os.Root, name string) ([]byte, error) {
	f, err := openRegular(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxSmall {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", hg.ErrCorrupt, name, maxSmall)
	}
	return data, nil
}

// readHead returns the first n bytes of a file, or fewer when it is shorter.
func readHead(root *os.Root, name string, n int) ([]byte, error) {
	f, err := openRegular(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(n)))
}

// listFiles returns the paths of the repository's files, in no order and maybe
// repeatedly.
func (r *Repository) listFiles() ([]string, error) {
	if r.encoding < encodeLong {
		return r.walkFiles()
	}
	f, err := openRegular(r.store, "fncache")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		// Names with a line feed do not exist, and scanning by lines comes
		// before decoding because decoding looks for slashes.
		if name, ok := logName(decodeFolderNames(lines.Text())); ok {
			names = append(names, name)
		}
	}
	return names, lines.Err()
}

// logName is the path of the file whose index is called name.
func logName(name string) (string, bool) {
	name, isData := strings.CutPrefix(name, "data/")
	name, isIndex := strings.CutSuffix(name, ".i")
	return name, isData && isIndex
}

// walkFiles finds the logs of stores that keep no list of them.
func (r *Repository) walkFiles() ([]string, error) {
	var names []string
	err := fs.WalkDir(r.store.FS(), "data", func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == "data":
			return fs.SkipAll
		case err != nil:
			return err
		case !d.Type().IsRegular():
			return nil
		}
		if r.encoding == encodeCase {
			path = unescape(path)
		}
		if name, ok := logName(decodeFolderNames(path)); ok {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}
