package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxAlternates is git's own bound on chains of alternates.
	maxAlternates = 5

	// takeTries is how often a repack of the source may get in the way.
	takeTries = 3
)

// TakeObjects brings all objects of from, and of the repositories from
// borrows objects from, into r: by hard link where both are on one file
// system and the file is ours, else by copy. No object of r is replaced.
// Symbolic links and other special files among the objects are refused.
// It may be killed at any time and called again; from may be repacked
// meanwhile.
func (r *Repo) TakeObjects(ctx context.Context, from *Repo) error {
	mine, err := r.ObjectFormat(ctx)
	if err != nil {
		return err
	}
	theirs, err := from.ObjectFormat(ctx)
	if err != nil {
		return err
	}
	if mine != theirs {
		return &Error{Op: takeOp(from), Kind: Refused, Message: fmt.Sprintf("its object format is %s and that of %s is %s", theirs, r.dir, mine)}
	}
	return r.take(ctx, from, nil)
}

func takeOp(from *Repo) string { return "take objects of " + from.dir }

func (r *Repo) take(ctx context.Context, from *Repo, progress func(Progress)) error {
	stores, err := from.objectDirs()
	if err != nil {
		return fileError(takeOp(from), err)
	}
	t := taking{ctx: ctx, to: filepath.Join(r.dir, "objects"), progress: progress}
	for _, store := range stores {
		if err := t.all(store); err != nil {
			if ctx.Err() != nil {
				return command{op: takeOp(from)}.canceled(ctx)
			}
			return fileError(takeOp(from), err)
		}
	}
	return nil
}

// objectDirs returns the object directory of r and those it borrows from.
func (r *Repo) objectDirs() ([]string, error) {
	dirs := []string{filepath.Join(r.dir, "objects")}
	for depth, level := 0, dirs; len(level) > 0; depth++ {
		if depth > maxAlternates {
			return nil, errors.New("its alternates are nested too deep")
		}
		var next []string
		for _, dir := range level {
			borrowed, err := readAlternates(dir)
			if err != nil {
				return nil, err
			}
			for _, b := range borrowed {
				if !slices.Contains(dirs, b) {
					dirs, next = append(dirs, b), append(next, b)
				}
			}
		}
		level = next
	}
	return dirs, nil
}

func readAlternates(objects string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(objects, "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '"' {
			if line, err = strconv.Unquote(line); err != nil {
				return nil, fmt.Errorf("malformed line in %s", filepath.Join(objects, "info", "alternates"))
			}
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(objects, line)
		}
		dirs = append(dirs, filepath.Clean(line))
	}
	return dirs, nil
}

// taking is one run of TakeObjects.
type taking struct {
	ctx      context.Context // of the call; the value does not outlive it
	to       string
	progress func(Progress)
}

// all takes loose objects before packs: a repack that runs meanwhile moves
// objects from the former to the latter.
func (t taking) all(store string) error {
	if err := checkDir(store); err != nil {
		return err
	}
	if err := t.loose(store); err != nil {
		return err
	}
	var err error
	for range takeTries {
		if err = t.packs(filepath.Join(store, "pack")); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

func (t taking) loose(store string) error {
	fans, err := os.ReadDir(store)
	if err != nil {
		return err
	}
	for _, fan := range fans {
		if len(fan.Name()) != 2 || !isHex(fan.Name()) {
			continue
		}
		from, to := filepath.Join(store, fan.Name()), filepath.Join(t.to, fan.Name())
		if err := checkDir(from); err != nil {
			return err
		}
		objects, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		if len(objects) > 0 {
			if err := os.MkdirAll(to, 0o777); err != nil {
				return err
			}
		}
		for _, object := range objects {
			name := object.Name()
			if len(name) != 38 && len(name) != 62 || !isHex(name) {
				continue
			}
			err := t.place(filepath.Join(from, name), filepath.Join(to, name))
			if ignoreGone(err) != nil { // gone means packed, or pruned
				return err
			}
		}
	}
	return nil
}

func (t taking) packs(store string) error {
	entries, err := os.ReadDir(store)
	if err != nil {
		return ignoreGone(err)
	}
	if err := checkDir(store); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, entry := range entries {
		names[entry.Name()] = true
	}
	isIndex := regexp.MustCompile(`^pack-[0-9A-Za-z-]+\.idx$`)
	for i, entry := range entries {
		base, _ := strings.CutSuffix(entry.Name(), ".idx")
		if !isIndex.MatchString(entry.Name()) || !names[base+".pack"] {
			continue
		}
		// The index makes git see a pack and must come last. Bitmaps, commit
		// graphs and multi-pack indexes describe the source as a whole and
		// would be wrong in the company of other packs.
		for _, ext := range []string{".pack", ".rev", ".idx"} {
			if !names[base+ext] {
				continue
			}
			if err := t.place(filepath.Join(store, base+ext), filepath.Join(t.to, "pack", base+ext)); err != nil {
				return err
			}
		}
		if t.progress != nil {
			t.progress(Progress{Phase: PhaseReceiving, Done: int64(i + 1), Total: int64(len(entries))})
		}
	}
	return nil
}

// checkDir refuses directories that are reached through a symbolic link.
func checkDir(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &Error{Op: "take objects", Kind: Refused, Message: fmt.Sprintf("%s is not a directory; replace the link by what it leads to", plain(dir))}
	}
	return nil
}

// place makes the file from available as to, at once and whole, unless there
// is one already. It fails with fs.ErrNotExist if from is gone.
func (t taking) place(from, to string) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &Error{Op: "take objects", Kind: Refused, Message: plain(from) + " is not a regular file"}
	}
	// git gc removes files with this prefix if we cannot.
	temp := filepath.Join(filepath.Dir(to), "tmp_obj_"+rand.Text())
	if !owned(info) || !link(info, from, temp) {
		if err := copyFile(info, from, temp); err != nil {
			_ = os.Remove(temp)
			return err
		}
	}
	if err := os.Rename(temp, to); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return nil
}

// link links from to temp and makes sure that the file linked is the one that
// was looked at, not a symbolic link put there since.
func link(info fs.FileInfo, from, temp string) bool {
	if os.Link(from, temp) != nil { // another file system, or one without links: copying will tell
		return false
	}
	linked, err := os.Lstat(temp)
	if err == nil && os.SameFile(info, linked) {
		return true
	}
	_ = os.Remove(temp)
	return false
}

func copyFile(info fs.FileInfo, from, temp string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if opened, err := in.Stat(); err != nil || !os.SameFile(info, opened) {
		return &Error{Op: "take objects", Kind: Refused, Message: plain(from) + " was replaced while it was read"}
	}
	out, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// AddAlternate lets r use the objects of other, which must stay where it is
// relative to r. Adding it again does nothing.
func (r *Repo) AddAlternate(other *Repo) error {
	op := "share objects of " + other.dir
	// The kernel resolves the path from the real place of r's objects.
	mine, err := filepath.EvalSymlinks(filepath.Join(r.dir, "objects"))
	if err != nil {
		return fileError(op, err)
	}
	theirs, err := filepath.EvalSymlinks(filepath.Join(other.dir, "objects"))
	if err != nil {
		return fileError(op, err)
	}
	if mine == theirs {
		return &Error{Op: op, Kind: Refused, Message: "a repository cannot borrow from itself"}
	}
	have, err := readAlternates(mine)
	if err != nil {
		return fileError(op, err)
	}
	if slices.Contains(have, theirs) {
		return nil
	}
	path, err := filepath.Rel(mine, theirs)
	if err != nil {
		path = theirs // another volume
	}
	if hasControl(path) {
		return &Error{Op: op, Kind: Refused, Message: "its path contains a control character"}
	}
	file := filepath.Join(mine, "info", "alternates")
	if err := appendLine(file, filepath.ToSlash(path)); err != nil {
		return fileError(op, err)
	}
	return nil
}

// appendLine adds a line to a small file by replacing it.
func appendLine(file, line string) error {
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	temp := file + ".lock"
	if err := os.WriteFile(temp, append(append(data, line...), '\n'), 0o666); err != nil {
		return err
	}
	return os.Rename(temp, file)
}

// object is one answer of cat-file --batch. Its body is valid until the next.
type object struct {
	oid  string
	kind string
	size int64
	body io.Reader
}

// eachObject calls f with every object named in oids, one a line, that the
// repository has.
func (r *Repo) eachObject(ctx context.Context, oids io.Reader, f func(object) error) error {
	c := r.git("read objects of", "cat-file", "--batch", "--buffer")
	c.stdin = oids
	c.stdout = func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 64<<10)
		for {
			header, err := in.ReadString('\n')
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			fields := strings.Fields(header)
			if len(fields) != 3 {
				continue // "<oid> missing"
			}
			o := object{oid: fields[0], kind: fields[1], size: number(fields[2])}
			body := &io.LimitedReader{R: in, N: o.size}
			o.body = body
			if err := f(o); err != nil {
				return err
			}
			if _, err := in.Discard(int(body.N) + 1); err != nil { // the rest and a newline
				return err
			}
		}
	}
	return c.run(ctx)
}
