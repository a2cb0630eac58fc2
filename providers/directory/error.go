package directory

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// failure classifies what went wrong while op was done to subject. Errors that
// are classified already keep their class.
func failure(op, subject string, err error) *providers.Error {
	e := forgetarget.Failure(op, subject, err)
	var known *providers.Error
	var git *gitrepo.Error
	switch {
	case errors.As(err, &known), errors.As(err, &git): // they have their class
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Hint = providers.CodeUnavailable, "make room on the archive's disk and apply again; nothing that was stored is lost"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Code, e.Hint = providers.CodeDenied, "give the user that runs drover permission to read and write the archive"
	case leavesRoot(err):
		e.Code, e.Hint = providers.CodeDenied, "replace the symbolic link by a folder; an archive does not reach outside its own"
	case errors.Is(err, fs.ErrNotExist):
		e.Code = providers.CodeNotFound
	case errors.Is(err, syscall.ENOTDIR):
		e.Code, e.Hint = providers.CodeConflict, "move the file that stands where a folder should be away"
	}
	return e
}

// leavesRoot reports whether os.Root refused a name because it leads out. The
// standard library has no sentinel for it.
func leavesRoot(err error) bool {
	var e *fs.PathError
	return errors.Is(err, errEscape) || errors.As(err, &e) && strings.Contains(e.Err.Error(), "path escapes")
}

// errEscape is what gitDir returns for a folder that a symbolic link puts
// outside of the archive.
var errEscape = errors.New("a symbolic link leads out of the archive")
