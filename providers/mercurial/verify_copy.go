package mercurial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// copyFor makes a copy of the source in an empty folder, in which hg can work:
// it writes caches and locks even when it only reads.
func (s *source) copyFor(ctx context.Context, a address, scratch string) (string, error) {
	to := filepath.Join(scratch, "copy")
	switch {
	case !a.local():
		return to, s.clone(ctx, a, scratch, to)
	case s.isBundle(a):
		if err := hgRun(ctx, "", "init", to); err != nil {
			return "", err
		}
		return to, hgRun(ctx, "", "-R", to, "unbundle", a.absolute(s.dir))
	}
	return to, copyRepository(ctx, filepath.Join(a.absolute(s.dir), ".hg"), filepath.Join(to, ".hg"))
}

// clone lets hg clone from a server. The password reaches it in a file that
// only this user can read: arguments are shown to everybody.
func (s *source) clone(ctx context.Context, a address, scratch, to string) error {
	var b strings.Builder
	if a.web() && s.password != "" {
		user := a.url.User.Username()
		if user == "" {
			user = s.username
		}
		fmt.Fprintf(&b, "[auth]\nd.prefix = %s://%s\nd.username = %s\nd.password = %s\n", a.url.Scheme, a.url.Host, user, s.password)
	}
	if s.caFile != "" {
		fmt.Fprintf(&b, "[web]\ncacerts = %s\n", s.caFile)
	}
	rc := filepath.Join(scratch, "hgrc")
	if err := os.WriteFile(rc, []byte(b.String()), 0o600); err != nil {
		return err
	}
	// The password must be gone before hg runs again, and when it was killed the
	// folder is removed as a whole.
	ssh := os.Getenv("GIT_SSH_COMMAND")
	if ssh == "" {
		ssh = "ssh -oBatchMode=yes"
	}
	err := hgRun(ctx, rc, "clone", "--noupdate", "--pull", "--ssh", ssh, "--", a.url.String(), to)
	return errors.Join(err, os.Remove(rc), os.RemoveAll(filepath.Join(to, ".hg", "hgrc")))
}

// copyRepository copies the control folder of a repository, without its
// configuration, caches and locks. The changelog is copied first: what it
// refers to was there before it.
func copyRepository(ctx context.Context, from, to string) error {
	root, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := os.MkdirAll(filepath.Join(to, "store"), 0o777); err != nil {
		return err
	}
	for _, first := range []string{"00changelog.i", "store/00changelog.i"} {
		if err := copyFile(root, first, filepath.Join(to, first)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && isLeftBehind(name):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		case isLeftBehind(name) || !entry.Type().IsRegular() || filepath.Base(name) == "00changelog.i":
			return nil // links included: a lock is one
		}
		return copyFile(root, name, filepath.Join(to, name))
	})
}

func copyFile(root *os.Root, name, to string) error {
	in, err := root.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// isLeftBehind reports what of a control folder has no part in the history.
func isLeftBehind(name string) bool {
	switch name {
	case "hgrc", "hgrc-not-shared", "cache", "wcache", "store/lock", "wlock", "dirstate":
		return true
	}
	return false
}
