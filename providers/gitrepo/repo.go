package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Repo is a repository on disk: a bare one, or the .git directory of another.
// It holds no resources and may be used concurrently, as git itself may.
type Repo struct{ dir string }

// Open returns the repository in dir, or in dir/.git. It fails with kind
// NotFound if there is none.
func Open(dir string) (*Repo, error) {
	op := "open repository " + dir
	abs, err := absolute(op, dir)
	if err != nil {
		return nil, err
	}
	for _, d := range []string{abs, filepath.Join(abs, ".git")} {
		if isRepository(d) {
			return &Repo{dir: d}, nil
		}
	}
	return nil, &Error{Op: op, Kind: NotFound, Message: "there is no git repository"}
}

// isRepository reports whether dir has the parts every repository has.
func isRepository(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	for _, part := range []string{"objects", "refs"} {
		if info, err := os.Lstat(filepath.Join(dir, part)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// Init makes an empty bare repository in dir. The object format is "sha1",
// "sha256", or "" for sha1. It leaves an existing repository as it is, which
// must have that format.
func Init(ctx context.Context, dir, objectFormat string) (*Repo, error) {
	op := "create repository " + dir
	if objectFormat == "" {
		objectFormat = "sha1"
	}
	if objectFormat != "sha1" && objectFormat != "sha256" {
		return nil, &Error{Op: op, Kind: Failed, Message: fmt.Sprintf("%q is not an object format; use sha1 or sha256", plain(objectFormat))}
	}
	abs, err := absolute(op, dir)
	if err != nil {
		return nil, err
	}
	c := command{op: op, args: []string{"init", "--quiet", "--bare", "--template=", "--object-format=" + objectFormat, "--", abs}}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return &Repo{dir: abs}, nil
}

// Dir returns the absolute path of the repository.
func (r *Repo) Dir() string { return r.dir }

// git returns a run of git in the repository, for op, that may not connect
// to anything.
func (r *Repo) git(op string, args ...string) command {
	return command{op: op + " " + r.dir, dir: r.dir, args: args}
}

// ObjectFormat returns "sha1" or "sha256".
func (r *Repo) ObjectFormat(ctx context.Context) (string, error) {
	if r.isPlain() {
		return "sha1", nil
	}
	return r.git("read object format of", "rev-parse", "--show-object-format").output(ctx)
}

// CountCommits counts the commits that the refs and HEAD lead to.
func (r *Repo) CountCommits(ctx context.Context) (int64, error) {
	c := r.git("count commits of", "rev-list", "--count", "--all")
	out, err := c.output(ctx)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(out, 10, 64)
	if err != nil {
		return 0, &Error{Op: c.op, Kind: Failed, Message: "git printed something else than a number", Err: err}
	}
	return n, nil
}

// HasObjects returns which of the objects are not in the repository or its
// alternates, in the order given.
func (r *Repo) HasObjects(ctx context.Context, oids []string) (missing []string, err error) {
	if len(oids) == 0 {
		return nil, nil
	}
	c := r.git("look for objects in", "cat-file", "--batch-check=%(objectname)", "--buffer")
	for _, oid := range oids {
		if !isOID(oid) {
			return nil, &Error{Op: c.op, Kind: Failed, Message: fmt.Sprintf("%q is not an object id", plain(oid))}
		}
	}
	c.stdin = strings.NewReader(strings.Join(oids, "\n") + "\n")
	err = c.eachLine(ctx, func(line []byte) error {
		if oid, ok := strings.CutSuffix(string(line), " missing"); ok {
			missing = append(missing, oid)
		}
		return nil
	})
	return missing, err
}

// CheckConnected makes sure that every object the refs and HEAD need is
// there, and fails with kind Corrupt if not.
//
// It asks rev-list and not fsck --connectivity-only, which also objects to
// things that are no damage, such as a HEAD outside refs/heads.
func (r *Repo) CheckConnected(ctx context.Context) error {
	return r.git("check objects of", "rev-list", "--objects", "--quiet", "--all").run(ctx)
}

// FastImport feeds a fast-import stream to the repository. If stream fails
// to be read nothing is kept of it; a stream that could end early without an
// error should begin with "feature done". Marks files and other commands that
// reach outside the repository are refused.
func (r *Repo) FastImport(ctx context.Context, stream io.Reader) error {
	c := r.git("import into", "fast-import", "--quiet")
	c.config = []string{"fastimport.unpackLimit=1"} // always one pack, never thousands of loose objects
	c.stdin = stream
	err := c.run(ctx)
	if err != nil {
		// The report repeats the stream's last commands, which nobody reads here.
		reports, _ := filepath.Glob(filepath.Join(escapeGlob(r.dir), "fast_import_crash_*"))
		for _, report := range reports {
			_ = os.Remove(report)
		}
	}
	return err
}

// Size returns how many bytes the repository's own object files take.
func (r *Repo) Size() (int64, error) {
	var size int64
	err := filepath.WalkDir(filepath.Join(r.dir, "objects"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return ignoreGone(err)
		}
		info, err := entry.Info()
		if err != nil {
			return ignoreGone(err)
		}
		size += info.Size()
		return nil
	})
	if err != nil {
		return 0, fileError("measure "+r.dir, err)
	}
	return size, nil
}

// ignoreGone forgives that a file vanished while a directory was walked.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fileError gives a failure of the file system the form of all others.
func fileError(op string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	kind := Failed
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		kind = NoSpace
	}
	return &Error{Op: op, Kind: kind, Message: plain(err.Error()), Err: err}
}
