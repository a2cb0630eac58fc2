package gitrepo

import (
	"bufio"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxConfig bounds the configuration of a repository that is read without git.
const maxConfig = 64 << 10

// isPlain reports whether the repository keeps its refs in the files that
// every version of git can read, and has SHA-1 object ids. Of such a repository
// refs are read without a run of git, which takes longer than all the rest when
// thousands of repositories are looked at. Whatever is out of the ordinary, and
// whatever is damaged, is left to git, whose word it then is.
func (r *Repo) isPlain() bool {
	if exists(filepath.Join(r.dir, "commondir")) {
		return false
	}
	text, ok := readSmall(filepath.Join(r.dir, "config"), maxConfig)
	if !ok {
		return false
	}
	version := false
	for line := range strings.Lines(text) {
		line = strings.ToLower(strings.TrimSpace(line))
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			// Extensions say where refs are and which ids objects have.
			if !strings.HasSuffix(line, "]") || strings.HasPrefix(strings.TrimSpace(line[1:]), "extensions") {
				return false
			}
		case line == "repositoryformatversion = 0":
			version = true
		case strings.HasPrefix(line, "repositoryformatversion") || line[0] < 'a' || line[0] > 'z' || strings.HasSuffix(line, `\`):
			return false
		}
	}
	return version
}

// readSmall reads a regular file of at most limit bytes of text.
func readSmall(name string, limit int64) (string, bool) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return "", false
	}
	data, err := os.ReadFile(name)
	return string(data), err == nil && int64(len(data)) <= limit
}

// readRefs reads the refs of a plain repository from their files.
func (r *Repo) readRefs() (refs Refs, ok bool) {
	if !r.isPlain() {
		return Refs{}, false
	}
	refs = Refs{Names: map[string]string{}, ObjectFormat: "sha1"}
	// Loose refs come first, as they count more than packed ones: one that is
	// packed and removed meanwhile is then found in the other place.
	if !r.readLoose(refs.Names) || !r.readPacked(refs.Names) {
		return Refs{}, false
	}
	head, ok := readSmall(filepath.Join(r.dir, "HEAD"), maxLine)
	head, whole := strings.CutSuffix(head, "\n")
	target, symbolic := strings.CutPrefix(head, "ref: ")
	switch {
	case !ok || !whole:
		return Refs{}, false
	case symbolic:
		refs.Head, refs.HeadOID = target, refs.Names[target]
		return refs, checkStored(target) == nil
	}
	refs.HeadOID = head
	return refs, isPlainOID(head)
}

// readLoose adds the refs that have a file of their own. It fails when there is
// anything but names and object ids, such as a symbolic ref.
func (r *Repo) readLoose(names map[string]string) bool {
	err := filepath.WalkDir(filepath.Join(r.dir, "refs"), func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return ignoreGone(err)
		case strings.HasPrefix(entry.Name(), "."): // git does not look at these
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || strings.HasSuffix(entry.Name(), ".lock"):
			return nil
		case !entry.Type().IsRegular():
			return errStop
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return ignoreGone(err)
		}
		relative, err := filepath.Rel(r.dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		oid, whole := strings.CutSuffix(string(data), "\n")
		if !whole || !isPlainOID(oid) || checkStored(name) != nil {
			return errStop
		}
		names[name] = oid
		return nil
	})
	return err == nil
}

// readPacked adds the refs of the file that holds many, apart from those that
// names has already.
func (r *Repo) readPacked(names map[string]string) bool {
	file, err := os.Open(filepath.Join(r.dir, "packed-refs"))
	if err != nil {
		return ignoreGone(err) == nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return false
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	lines.Split(splitNewline)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' || line[0] == '^' { // ^ is what the tag before leads to
			continue
		}
		oid, name, _ := strings.Cut(line, " ")
		if !isPlainOID(oid) || checkStored(name) != nil {
			return false
		}
		if _, loose := names[name]; !loose {
			names[name] = oid
		}
	}
	return lines.Err() == nil
}

func isPlainOID(s string) bool { return len(s) == 40 && isHex(s) && !isZero(s) }

// conflict reports whether one of the names is a folder of another, as "a" and
// "a/b", which git stores only one of.
func conflict(refs map[string]string) bool {
	for name := range refs {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, both := refs[dir]; both {
				return true
			}
		}
	}
	return false
}
