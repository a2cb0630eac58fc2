package subversion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// VerifyGit compares commits with what `svn export` gives for the revisions that
// they stand for. The export is Subversion's own, so that nothing of this
// package is used to check itself. Files that the conversion adds, such as
// .gitignore, are expected to be in git alone.
func (s *source) VerifyGit(ctx context.Context, req providers.VerifyRequest, observe func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	const op = "verify"
	return func(yield func(providers.Verified, error) bool) {
		settings, err := readSettings(req.Repo.Settings)
		if err != nil {
			yield(providers.Verified{}, err)
			return
		}
		if observe == nil {
			observe = func(providers.Progress) {}
		}
		v, err := s.newVerifier(ctx, settings, req.Dir)
		if err != nil {
			yield(providers.Verified{}, failure(op, settings, err))
			return
		}
		defer v.close()
		list, err := v.commits(ctx, req.Every)
		if err != nil {
			yield(providers.Verified{}, failure(op, settings, err))
			return
		}
		for i, one := range list {
			answer, err := v.verify(ctx, one)
			if err != nil {
				yield(providers.Verified{}, failure(op, settings, err))
				return
			}
			if !yield(answer, nil) {
				return
			}
			observe(providers.Progress{Phase: "comparing", Done: int64(i + 1), Total: int64(len(list)), Unit: "commits"})
		}
	}
}

// verifier compares commits with exports.
type verifier struct {
	source   *source
	settings *settings
	dir      string // the conversion
	root     string // URL of the repository's root
	temp     string
	store    *gitpack.Store
	trees    *gittree.Trees
}

// compared is a commit to compare.
type compared struct {
	ref    string
	commit string
	rev    int64
	path   string // of the line
}

func (s *source) newVerifier(ctx context.Context, settings *settings, dir string) (_ *verifier, err error) {
	if _, err := exec.LookPath("svn"); err != nil {
		return nil, &providers.Error{Code: providers.CodeUnsupported, Message: "the program svn is not installed, and the comparison is with what it exports",
			Hint: "install Subversion and make sure that svn is in PATH", Err: err}
	}
	v := &verifier{source: s, settings: settings, dir: dir}
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	if v.temp, err = os.MkdirTemp(s.scratch, "verify-*"); err != nil {
		return nil, fmt.Errorf("make a folder for exports: %w", err)
	}
	repo, err := s.open(ctx, settings.URL, nil)
	if err != nil {
		return nil, err
	}
	v.root = repo.Root()
	if err := repo.Close(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(repo.place); repo.place != "" && err == nil && !info.IsDir() {
		if v.root, err = v.load(ctx, repo.place); err != nil {
			return nil, err
		}
	}
	if v.store, err = gitpack.Open(dir); err != nil {
		return nil, err
	}
	v.trees = gittree.New(gittree.ReadOnly(v.store), treeMemory)
	return v, nil
}

func (v *verifier) close() {
	if v.store != nil {
		_ = v.store.Close() // was only read
	}
	_ = os.RemoveAll(v.temp) // in a folder that is emptied in time
}

// commits returns the tips of branches and tags, or all commits.
func (v *verifier) commits(ctx context.Context, every bool) ([]compared, error) {
	repo, err := gitrepo.Open(v.dir)
	if err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	tips := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(refs.Names)) {
		if strings.HasPrefix(name, heads) || strings.HasPrefix(name, tags) {
			id, err := v.peel(refs.Names[name])
			if err != nil {
				return nil, err
			}
			tips[id] = append(tips[id], name)
		}
	}
	var list []compared
	last := map[string]int{} // by line
	for r, err := range conversion.ReadRevisions(v.dir) {
		if err != nil {
			return nil, err
		}
		rev, err := strconv.ParseInt(strings.TrimPrefix(r.Source, "r"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("revision table: %q is no revision", r.Source)
		}
		one := compared{commit: r.Commit.String(), rev: rev, path: strings.Trim(r.Branch, "/")}
		last[one.path] = len(list)
		list = append(list, one)
	}
	var chosen []compared
	for i, one := range list {
		if names := tips[one.commit]; names != nil && last[one.path] == i {
			one.ref = names[0]
			for _, name := range names {
				if base(name) == base(one.path) {
					one.ref = name
				}
			}
		}
		if every || one.ref != "" {
			chosen = append(chosen, one)
		}
	}
	return chosen, nil
}

// peel returns the commit of a ref.
func (v *verifier) peel(id string) (string, error) {
	oid, err := gitpack.ParseID(id)
	if err != nil {
		return "", err
	}
	kind, data, err := v.store.Read(oid)
	if err != nil || kind != gitpack.Tag {
		return id, err
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return strings.TrimPrefix(string(line), "object "), nil
}

// verify exports one revision of one line and compares.
func (v *verifier) verify(ctx context.Context, one compared) (providers.Verified, error) {
	answer := providers.Verified{Ref: one.ref, Revision: fmt.Sprintf("r%d", one.rev), Commit: one.commit}
	out := filepath.Join(v.temp, "export")
	if err := os.RemoveAll(out); err != nil {
		return answer, err
	}
	where := v.at(one)
	if err := v.svn(ctx, nil, "export", "--quiet", "--ignore-externals", "--ignore-keywords", "-r", strconv.FormatInt(one.rev, 10), "--", where, out); err != nil {
		return answer, fmt.Errorf("export %s: %w", svn.Printable(where), err)
	}
	tree, err := v.tree(one.commit)
	if err != nil {
		return answer, err
	}
	there := map[string]bool{}
	err = filepath.WalkDir(out, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(out, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		there[name] = true
		answer.Files++
		problem, err := v.compare(ctx, one, tree, name, p, d)
		if problem != "" {
			answer.Differences = append(answer.Differences, providers.GitDifference{Path: name, Problem: problem})
		}
		return err
	})
	if err != nil {
		return answer, err
	}
	for e, err := range v.trees.Walk(tree) {
		if err != nil {
			return answer, err
		}
		if !e.Mode.IsDirectory() && !there[e.Name] && !v.added(e) {
			answer.Differences = append(answer.Differences, providers.GitDifference{Path: e.Name, Problem: "is not in the source"})
		}
	}
	return answer, nil
}

// added reports files that only a conversion makes.
func (v *verifier) added(e gittree.Entry) bool {
	switch base(e.Name) {
	case ignoreFile:
		return v.settings.Ignore
	case attributesFile:
		return v.settings.Attributes
	case markerFile:
		return v.settings.EmptyDirectories
	}
	return false
}

// compare tells how a file of the export differs from the commit's, or "".
func (v *verifier) compare(ctx context.Context, one compared, tree gitpack.ID, name, file string, d fs.DirEntry) (string, error) {
	for part := range strings.SplitSeq(name, "/") {
		if conversion.PathProblem(part) != "" {
			return "", nil // left out, which the losses tell
		}
	}
	e, ok, err := v.trees.Lookup(tree, name)
	switch {
	case err != nil:
		return "", err
	case !ok && v.insideOther(one, name):
		return "", nil
	case !ok:
		return "is missing", nil
	}
	var text []byte
	mode := gittree.File
	if d.Type()&fs.ModeSymlink != 0 {
		mode = gittree.Symlink
		target, err := os.Readlink(file)
		if err != nil {
			return "", err
		}
		text = []byte(target)
	} else {
		info, err := d.Info()
		if err != nil {
			return "", err
		}
		if info.Mode()&0o100 != 0 {
			mode = gittree.Executable
		}
	}
	if e.Mode != mode {
		return fmt.Sprintf("has the mode %s, not %s", e.Mode, mode), nil
	}
	if mode == gittree.Symlink {
		_, data, err := v.store.Read(e.ID)
		if err == nil && !bytes.Equal(data, text) {
			return "points elsewhere", nil
		}
		return "", err
	}
	same, err := v.sameText(e.ID, file)
	if err != nil || same {
		return "", err
	}
	if base(name) == ignoreFile && v.settings.Ignore || base(name) == attributesFile && v.settings.Attributes {
		return "", nil // lines were put before it
	}
	same, err = v.sameLines(ctx, one, name, e.ID, file)
	if err != nil || same {
		return "", err
	}
	return "has other contents", nil
}

// sameText compares a blob with a file, of any size.
func (v *verifier) sameText(id gitpack.ID, file string) (bool, error) {
	_, size, blob, err := v.store.Open(id)
	if err != nil {
		return false, err
	}
	defer blob.Close() // read only
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close() // read only
	if info, err := f.Stat(); err != nil || info.Size() != size {
		return false, err
	}
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(blob, a)
		if _, err := io.ReadFull(f, b[:n]); err != nil {
			return false, err
		}
		switch {
		case !bytes.Equal(a[:n], b[:n]):
			return false, nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return true, nil
		case err != nil:
			return false, err
		}
	}
}

// sameLines compares a file with svn:eol-style, whose line ends an export
// changes, without regard to these.
func (v *verifier) sameLines(ctx context.Context, one compared, name string, id gitpack.ID, file string) (bool, error) {
	_, data, err := v.store.Read(id)
	if errors.Is(err, gitpack.ErrTooLarge) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(unixLines(data), unixLines(text)) {
		return false, nil
	}
	var out bytes.Buffer
	below := one
	below.path = join(one.path, name)
	err = v.svn(ctx, &out, "propget", "--strict", "-r", strconv.FormatInt(one.rev, 10), propEOLStyle, "--", v.at(below))
	return err == nil && len(bytes.TrimSpace(out.Bytes())) > 0, nil
}

func unixLines(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// insideOther reports whether a path belongs to a line inside of this one, as
// branches do where the root is the trunk.
func (v *verifier) insideOther(one compared, name string) bool {
	if v.settings.Layout == nil {
		return one.path == ""
	}
	l, err := v.settings.Layout.layout()
	if err != nil || !l.below(one.path) {
		return false
	}
	r := l.roots(join(one.path, name))
	return len(r) > 0 && r[0].path != one.path
}

func (v *verifier) tree(commit string) (gitpack.ID, error) {
	id, err := gitpack.ParseID(commit)
	if err != nil {
		return id, err
	}
	_, data, err := v.store.Read(id)
	if err != nil {
		return id, err
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return gitpack.ParseID(strings.TrimPrefix(string(line), "tree "))
}
