package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// search walks a tree of folders for repositories. It follows no symbolic
// link, opens nothing but regular files, and does not look inside repositories.
// The tree's own top is a folder even if it is a repository too, so that
// the folder of a plan that is kept in git can be searched.
type search struct {
	fsys  fs.FS
	depth int
	found func(dir string, about shallow) error

	unread int // folders
	first  *providers.Error
}

// shallow is what can be told of a repository without asking git.
type shallow struct {
	head  string // the branch that HEAD names, or ""
	empty bool   // it has no refs
}

// run walks the tree. The problem is about folders that could not be read; the
// rest was walked nevertheless.
func (s *search) run(ctx context.Context) (*providers.Error, error) {
	if err := s.walk(ctx, ".", s.depth); err != nil {
		return nil, err
	}
	if s.unread > 1 {
		s.first.Message += fmt.Sprintf("; nor may %d others", s.unread-1)
	}
	return s.first, nil
}

func (s *search) walk(ctx context.Context, dir string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(s.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) && dir != "." { // removed while we look
		return nil
	}
	if err != nil {
		s.miss(dir, err)
		return nil
	}
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == ".git" {
			continue
		}
		sub := path.Join(dir, entry.Name())
		switch s.kindOf(sub) {
		case kindRepository:
			err = s.found(sub, s.look(sub))
		case kindFolder:
			if depth > 1 {
				err = s.walk(ctx, sub, depth-1)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) miss(dir string, err error) {
	s.unread++
	if s.first == nil {
		s.first = &providers.Error{Code: providers.CodeDenied, Op: "search folder", Subject: schema.Printable(dir), Message: "the folder cannot be read",
			Hint: "give the user that runs drover permission to read it, or keep it elsewhere", Attribute: "folder", Err: err}
	}
}

// dirKind is what a directory is to a search.
type dirKind int

const (
	kindFolder dirKind = iota
	kindRepository
	kindLinked // a second work tree of a repository, made by git worktree
)

func (s *search) kindOf(dir string) dirKind {
	// A damaged or unreadable one is listed too: better an error than a gap.
	if strings.HasSuffix(dir, ".git") {
		return kindRepository
	}
	switch info, err := fs.Lstat(s.fsys, path.Join(dir, ".git")); {
	case err == nil && info.IsDir():
		return kindRepository
	case err == nil && info.Mode().IsRegular():
		return s.kindOfWorkTree(dir)
	}
	if s.isFile(path.Join(dir, "HEAD")) && s.isDir(path.Join(dir, "objects")) && s.isDir(path.Join(dir, "refs")) {
		return kindRepository
	}
	return kindFolder
}

// kindOfWorkTree is for work trees whose .git is a file with the path of the
// real one. Those of git worktree share the refs of another repository.
func (s *search) kindOfWorkTree(dir string) dirKind {
	target, ok := strings.CutPrefix(strings.TrimSpace(s.readStart(path.Join(dir, ".git"))), "gitdir: ")
	if ok && path.Base(path.Dir(path.Clean(target))) == "worktrees" {
		return kindLinked
	}
	return kindRepository
}

// look tells what is cheap to tell of a repository.
func (s *search) look(dir string) shallow {
	if inner := path.Join(dir, ".git"); s.isDir(inner) {
		dir = inner
	}
	var about shallow
	branch, ok := strings.CutPrefix(strings.TrimSpace(s.readStart(path.Join(dir, "HEAD"))), "ref: ")
	if ok && strings.HasPrefix(branch, "refs/heads/") && branch != "refs/heads/.invalid" && gitrepo.CheckRefName(branch) == nil {
		about.head = branch
	}
	about.empty = s.isDir(path.Join(dir, "refs")) && !s.isDir(path.Join(dir, "reftable")) && !s.hasRefs(dir)
	return about
}

// hasRefs also says yes when that cannot be found out.
func (s *search) hasRefs(dir string) bool {
	if s.hasPackedRefs(path.Join(dir, "packed-refs")) {
		return true
	}
	err := fs.WalkDir(s.fsys, path.Join(dir, "refs"), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			err = errEnough
		}
		return err
	})
	return err != nil
}

func (s *search) hasPackedRefs(file string) bool {
	lines := bufio.NewScanner(strings.NewReader(s.readStart(file)))
	for lines.Scan() {
		if line := lines.Text(); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}

func (s *search) isFile(name string) bool {
	info, err := fs.Lstat(s.fsys, name)
	return err == nil && info.Mode().IsRegular()
}

func (s *search) isDir(name string) bool {
	info, err := fs.Lstat(s.fsys, name)
	return err == nil && info.IsDir()
}

// maxStart is what is read of a small file.
const maxStart = 4 << 10

// readStart returns the beginning of a regular file, or "" when there is none
// to read.
func (s *search) readStart(name string) string {
	if !s.isFile(name) {
		return ""
	}
	file, err := s.fsys.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxStart))
	if err != nil {
		return ""
	}
	return string(data)
}
