package gitpack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// maxAlternates is how many repositories may stand behind each other; git
	// follows as many.
	maxAlternates = 5
	// maxAlternatesFile bounds what is read of objects/info/alternates.
	maxAlternatesFile = 1 << 20
)

// objectDirs returns an objects directory and those that it borrows from,
// each once, nearest first.
func objectDirs(dir string) ([]string, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	dirs := []string{dir}
	depth := map[string]int{dir: 0}
	for i := 0; i < len(dirs); i++ {
		lines, err := alternates(dirs[i])
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			if !filepath.IsAbs(line) {
				line = filepath.Join(dirs[i], line)
			}
			next, err := filepath.EvalSymlinks(line)
			if err != nil {
				return nil, fmt.Errorf("%s borrows objects from a repository that cannot be read: %w", dirs[i], err)
			}
			if _, seen := depth[next]; seen {
				continue
			}
			if depth[dirs[i]] == maxAlternates {
				return nil, fmt.Errorf("%w: more than %d repositories borrow objects from each other; repack %s to own its objects", ErrTooLarge, maxAlternates, dirs[i])
			}
			depth[next] = depth[dirs[i]] + 1
			dirs = append(dirs, next)
		}
	}
	return dirs, nil
}

// alternates reads the directories that objects/info/alternates names.
func alternates(dir string) ([]string, error) {
	name := filepath.Join(dir, "info", "alternates")
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var dirs []string
	lines := bufio.NewScanner(io.LimitReader(file, maxAlternatesFile))
	for lines.Scan() {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, `"`) {
			// Git quotes as C does, which is close enough to Go's way.
			if plain, err := strconv.Unquote(line); err == nil {
				line = plain
			}
		}
		dirs = append(dirs, line)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return dirs, nil
}
