package planfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/drover-migrate/drover/schema"
)

// maxFile is the size up to which file reads, and maxFiles what it reads
// altogether.
const (
	maxFile  = 16 << 20
	maxFiles = 64 << 20
)

func fileFunctions(dir string, read func(path string, content []byte)) []builtin {
	if read == nil {
		read = func(string, []byte) {}
	}
	f := &planFolder{dir: dir, read: read, contents: make(map[string]string), presence: make(map[string]bool)}
	return []builtin{
		{"file(path)", "The text of a file in the plan's folder, of at most 16 MiB.", textFunction("path", f.file)},
		{"fileexists(path)", "Whether there is such a file in the plan's folder.", function.New(&function.Spec{
			Params: []function.Parameter{{Name: "path", Type: cty.String}},
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				there, err := f.exists(args[0].AsString())
				if err != nil {
					return cty.NilVal, err
				}
				return cty.BoolVal(there), nil
			},
		})},
	}
}

// planFolder is the folder of a plan as file and fileexists see it: a tree
// that no path leads out of. A plan can come with a pull request, and what it
// says is printed; it must not be able to print /etc/passwd, nor the token
// that a build machine keeps in .git/config.
type planFolder struct {
	dir      string
	read     func(path string, content []byte)
	contents map[string]string
	presence map[string]bool
	total    int
}

func (f *planFolder) file(path string) (string, error) {
	path, err := insidePath(path)
	if err != nil {
		return "", err
	}
	if text, ok := f.contents[path]; ok {
		return text, nil
	}
	content, err := f.load(path)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(content) {
		return "", function.NewArgErrorf(0, "%q is not UTF-8 text; convert it first", schema.Printable(path))
	}
	if f.total += len(content); f.total > maxFiles {
		return "", fmt.Errorf("the files of this plan hold more than %d MiB together", maxFiles>>20)
	}
	f.read(path, content)
	f.contents[path] = string(content)
	return f.contents[path], nil
}

func (f *planFolder) exists(path string) (bool, error) {
	path, err := insidePath(path)
	if err != nil {
		return false, err
	}
	if there, ok := f.presence[path]; ok {
		return there, nil
	}
	there := false
	root, name, err := f.resolve(path)
	switch {
	case err == nil:
		defer root.Close()
		info, err := root.Stat(name)
		there = err == nil && info.Mode().IsRegular()
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	f.read("fileexists("+strconv.Quote(path)+")", strconv.AppendBool(nil, there))
	f.presence[path] = there
	return there, nil
}

// insidePath is the one spelling of a path that stays in the folder.
func insidePath(path string) (string, error) {
	local := filepath.FromSlash(path)
	switch {
	case strings.ContainsRune(path, 0):
		return "", function.NewArgErrorf(0, "a path cannot hold a NUL character")
	case filepath.IsAbs(local):
		return "", function.NewArgErrorf(0, "%q is absolute; only files in the plan's folder can be read, so write the path from there", schema.Printable(path))
	case !filepath.IsLocal(local):
		return "", leadsOut(path)
	}
	return filepath.ToSlash(filepath.Clean(local)), nil
}

func leadsOut(path string) error {
	return function.NewArgErrorf(0, "%q leads out of the plan's folder; only files in it can be read, so copy the file there", schema.Printable(path))
}

// resolve follows the symbolic links of path, and returns the folder with the
// name in it of what they lead to. The caller closes the folder. Being opened
// as a root, it holds the name inside even when links change meanwhile.
func (f *planFolder) resolve(path string) (root *os.Root, name string, err error) {
	dir, err := filepath.EvalSymlinks(f.dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return nil, "", fmt.Errorf("find the plan's folder: %w", err)
	}
	target, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(path)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", missingFile{path}
	case err != nil:
		return nil, "", cannotRead(path, err)
	}
	name, err = filepath.Rel(dir, target)
	if err != nil || !filepath.IsLocal(name) {
		return nil, "", leadsOut(path)
	}
	if slices.ContainsFunc(strings.Split(filepath.ToSlash(name), "/"), func(s string) bool { return strings.EqualFold(s, ".git") }) {
		return nil, "", function.NewArgErrorf(0, "%q lies in git's own folder, which can hold credentials and is never read", schema.Printable(path))
	}
	root, err = os.OpenRoot(dir)
	if err != nil {
		return nil, "", fmt.Errorf("open the plan's folder: %w", err)
	}
	return root, name, nil
}

func (f *planFolder) load(path string) ([]byte, error) {
	root, name, err := f.resolve(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Looked at before it is opened: opening a pipe waits for a writer.
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, cannotRead(path, err)
	case !info.Mode().IsRegular():
		return nil, function.NewArgErrorf(0, "%q is not a file", schema.Printable(path))
	case info.Size() > maxFile:
		return nil, fileTooLarge(path)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, cannotRead(path, err)
	case len(content) > maxFile:
		return nil, fileTooLarge(path)
	}
	return content, nil
}

func fileTooLarge(path string) error {
	return function.NewArgErrorf(0, "%q is larger than %d MiB", schema.Printable(path), maxFile>>20)
}

// cannotRead says why without the absolute path that an fs error has.
func cannotRead(path string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return function.NewArgErrorf(0, "%q cannot be read: %s", schema.Printable(path), err)
}

// missingFile is the error about a file that is not there.
type missingFile struct{ path string }

func (e missingFile) Error() string {
	return fmt.Sprintf("there is no file %q in the plan's folder", schema.Printable(e.path))
}

func (e missingFile) Is(target error) bool { return target == fs.ErrNotExist }
