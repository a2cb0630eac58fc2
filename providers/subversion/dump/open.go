package dump

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Options say how a history on this machine is read.
type Options struct {
	// Scratch is the folder for temporary files; the system's when empty.
	Scratch string

	// Workers is how many ranges of a repository are read at once; as many as
	// there are processors when 0.
	Workers int
}

// Repository is a history on this machine.
type Repository interface {
	svn.Repository

	// Prefix is the folder inside of the repository that the path named: "" for
	// its root.
	Prefix() string
}

// Open opens what is at path: a dump file, the directory of a repository, or
// a path below such a directory, as in the URL file:///repository/trunk.
// Errors that Open itself finds are of type *providers.Error.
func Open(ctx context.Context, path string, o Options) (Repository, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		f, err := OpenFile(path, o.Scratch)
		if err != nil {
			return nil, providers.Errorf(providers.CodeInvalid, "%w", err)
		}
		return f, nil
	}
	root, prefix, found := findRoot(path)
	switch {
	case found:
		return openDirectory(ctx, root, prefix, o)
	case errors.Is(err, fs.ErrPermission):
		return nil, problem(providers.CodeDenied, path, "it cannot be read", "let this user read it", err)
	case err != nil:
		return nil, problem(providers.CodeNotFound, path, "there is no such file or directory", "check the path", err)
	}
	return nil, problem(providers.CodeNotFound, path, "the directory is no Subversion repository",
		`name the directory that "svnadmin create" made, or a dump file; of a working copy, give the URL that "svn info" shows`, nil)
}

// findRoot looks for the repository that path is, or is inside of.
func findRoot(path string) (root, prefix string, found bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", "", false
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		if isRepository(dir) {
			rel, err := filepath.Rel(dir, path)
			if err != nil || rel == "." {
				rel = ""
			}
			return dir, filepath.ToSlash(rel), true
		}
		if dir == filepath.Dir(dir) {
			return "", "", false
		}
	}
}

func isRepository(dir string) bool {
	for _, name := range []string{"format", "db/fs-type"} {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func problem(code providers.Code, path, message, hint string, err error) *providers.Error {
	return &providers.Error{
		Code: code, Op: "open the repository", Subject: svn.Printable(path),
		Message: message, Hint: hint, Attribute: "vcs_url", Err: err,
	}
}
