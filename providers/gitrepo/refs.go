package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Refs are the refs of a repository at one moment.
type Refs struct {
	Names        map[string]string // full ref name -> object id
	Head         string            // the ref HEAD names, existing or not; "" if HEAD is detached or unknown
	HeadOID      string            // the object HEAD leads to, "" if there is none
	ObjectFormat string            // "sha1" or "sha256"; "" for a remote without refs
}

// equal reports whether r and o name the same refs and the same HEAD.
func (r Refs) equal(o Refs) bool {
	if len(r.Names) != len(o.Names) || r.Head != o.Head || r.HeadOID != o.HeadOID {
		return false
	}
	for name, oid := range r.Names {
		if o.Names[name] != oid {
			return false
		}
	}
	return true
}

// tips returns the distinct objects the refs and HEAD lead to, sorted.
func (r Refs) tips() []string {
	tips := make([]string, 0, len(r.Names)+1)
	for _, oid := range r.Names {
		tips = append(tips, oid)
	}
	if r.HeadOID != "" {
		tips = append(tips, r.HeadOID)
	}
	slices.Sort(tips)
	return slices.Compact(tips)
}

// Refs lists the refs of the repository.
func (r *Repo) Refs(ctx context.Context) (Refs, error) {
	if err := ctx.Err(); err != nil {
		return Refs{}, command{op: "list refs of " + r.dir}.canceled(ctx)
	}
	if refs, ok := r.readRefs(); ok {
		return refs, nil
	}
	return r.listRefs(ctx)
}

// listRefs asks git for the refs.
func (r *Repo) listRefs(ctx context.Context) (Refs, error) {
	format, err := r.ObjectFormat(ctx)
	if err != nil {
		return Refs{}, err
	}
	refs := Refs{Names: map[string]string{}, ObjectFormat: format}
	err = r.git("list refs of", "for-each-ref", "--format=%(objectname) %(refname)").eachLine(ctx, func(line []byte) error {
		oid, name, _ := strings.Cut(string(line), " ")
		refs.Names[name] = oid
		return nil
	})
	if err != nil {
		return Refs{}, err
	}
	refs.Head, err = r.git("read HEAD of", "symbolic-ref", "--quiet", "HEAD").output(ctx)
	switch {
	case err == nil:
		refs.HeadOID = refs.Names[refs.Head]
	case exitCode(err) == 1: // HEAD is detached
		refs.HeadOID, err = r.git("read HEAD of", "rev-parse", "--quiet", "--verify", "HEAD").output(ctx)
		if err != nil {
			return Refs{}, err
		}
	default:
		return Refs{}, err
	}
	return refs, nil
}

// RefUpdate is one change of one ref.
type RefUpdate struct {
	Name string
	Old  string // what the ref must be now; "" for anything, zeros for no such ref
	New  string // what it becomes; "" deletes it
}

// UpdateRefs makes all updates or none. It fails with kind Refused, naming
// the ref, if one of them is not what Old says, is not a valid name, or cannot
// be stored beside another ref ("a" and "a/b").
func (r *Repo) UpdateRefs(ctx context.Context, updates []RefUpdate) error {
	if len(updates) == 0 {
		return nil
	}
	if done, err := r.createFirstRefs(ctx, updates); done || err != nil {
		return err
	}
	format, err := r.ObjectFormat(ctx)
	if err != nil {
		return err
	}
	c := r.git("update refs of", "update-ref", "--no-deref", "--stdin", "-z")
	refuse := func(name, reason string) error {
		return &Error{Op: c.op, Kind: Refused, Ref: name, Message: fmt.Sprintf("ref %q: %s", plain(name), reason)}
	}
	var in bytes.Buffer
	for _, u := range updates {
		if err := checkStored(u.Name); err != nil {
			return refuse(u.Name, err.Error())
		}
		old := u.Old
		if isZero(old) {
			old = strings.Repeat("0", oidLen(format))
		}
		for _, oid := range []string{old, u.New} {
			if oid != "" && (!isOID(oid) || formatOf(oid) != format) {
				return refuse(u.Name, fmt.Sprintf("%q is not a %s object id", plain(oid), format))
			}
		}
		switch {
		case u.New != "" && isZero(u.New):
			return refuse(u.Name, "zeros are not an object id; leave it empty to delete the ref")
		case u.New != "":
			fmt.Fprintf(&in, "update %s\x00%s\x00%s\x00", u.Name, u.New, old)
		case isZero(old):
			fmt.Fprintf(&in, "verify %s\x00%s\x00", u.Name, old)
		default:
			fmt.Fprintf(&in, "delete %s\x00%s\x00", u.Name, old)
		}
	}
	c.stdin = &in
	return nameRef(c.run(ctx), updates)
}

// nameRef adds to an error of update-ref which ref it is about.
func nameRef(err error, updates []RefUpdate) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	for _, u := range updates {
		// A name can contain quotes, so the longest one that fits is meant.
		if strings.Contains(e.Message, "'"+u.Name+"'") && len(u.Name) > len(e.Ref) {
			e.Ref = u.Name
		}
	}
	return e
}

// SetHead makes HEAD name ref, which need not exist.
func (r *Repo) SetHead(ctx context.Context, ref string) error {
	c := r.git("set HEAD of", "symbolic-ref", "HEAD", ref)
	if err := checkStored(ref); err != nil {
		return &Error{Op: c.op, Kind: Refused, Ref: ref, Message: fmt.Sprintf("ref %q: %s", plain(ref), err)}
	}
	return c.run(ctx)
}

// detachHead makes HEAD name a commit.
func (r *Repo) detachHead(ctx context.Context, oid string) error {
	return r.git("set HEAD of", "update-ref", "--no-deref", "--end-of-options", "HEAD", oid).run(ctx)
}

// fewRefs is how many refs are created the usual way, one file each.
const fewRefs = 4

// createFirstRefs creates the first refs of a repository in one file: a
// transaction of git writes and syncs a file for each. It leaves to git what is
// not as simple as that, and what git would refuse, for it knows to say why.
//
// Another program that creates a ref meanwhile has come later: a ref with a
// file of its own counts more.
func (r *Repo) createFirstRefs(ctx context.Context, updates []RefUpdate) (done bool, err error) {
	if len(updates) <= fewRefs || exists(filepath.Join(r.dir, "logs")) {
		return false, nil
	}
	if have, ok := r.readRefs(); !ok || len(have.Names) > 0 {
		return false, nil
	}
	refs := make(map[string]string, len(updates))
	for _, u := range updates {
		_, twice := refs[u.Name]
		if twice || checkStored(u.Name) != nil || !isPlainOID(u.New) || u.Old != "" && !isZero(u.Old) {
			return false, nil
		}
		refs[u.Name] = u.New
	}
	if conflict(refs) {
		return false, nil
	}
	if fit, err := r.canName(ctx, refs); !fit || err != nil {
		return false, err
	}
	err = r.writeFirstRefs(refs)
	if errors.Is(err, fs.ErrExist) { // git will say who holds the lock
		return false, nil
	}
	return err == nil, err
}

// canName reports whether all objects that refs name are there, and those that
// branches name are commits.
func (r *Repo) canName(ctx context.Context, refs map[string]string) (bool, error) {
	branches := make(map[string]bool, len(refs)) // by object
	for name, oid := range refs {
		branches[oid] = branches[oid] || strings.HasPrefix(name, "refs/heads/")
	}
	var in strings.Builder
	for oid := range branches {
		in.WriteString(oid + "\n")
	}
	c := r.git("look for objects in", "cat-file", "--batch-check=%(objectname) %(objecttype)", "--buffer")
	c.stdin = strings.NewReader(in.String())
	fit := true
	err := c.eachLine(ctx, func(line []byte) error {
		oid, kind, _ := strings.Cut(string(line), " ")
		fit = fit && kind != "missing" && (kind == "commit" || !branches[oid])
		return nil
	})
	return fit, err
}

// writeFirstRefs fills a repository that has no refs yet, in one file. It fails
// with fs.ErrExist when somebody else is writing that file.
func (r *Repo) writeFirstRefs(refs map[string]string) error {
	var b bytes.Buffer
	b.WriteString("# pack-refs with: sorted \n")
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		fmt.Fprintf(&b, "%s %s\n", refs[name], name)
	}
	place := filepath.Join(r.dir, "packed-refs")
	file, err := os.OpenFile(place+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		_, err = file.Write(b.Bytes())
		if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
			err = os.Rename(place+".lock", place)
		}
		if err != nil {
			_ = os.Remove(place + ".lock") // what failed matters more
		}
	}
	if err != nil {
		return fileError("write refs of "+r.dir, err)
	}
	return nil
}

// checkStored refuses names that are no refs of a repository.
func checkStored(name string) error {
	if !strings.HasPrefix(name, "refs/") {
		return fmt.Errorf(`it does not begin with "refs/"`)
	}
	return CheckRefName(name)
}

// CheckRefName says whether git would accept name as that of a ref, and what
// is wrong if not. It follows git-check-ref-format(1): at least two
// components, which rules out HEAD.
func CheckRefName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("it is empty")
	case !strings.Contains(name, "/"):
		return fmt.Errorf(`it has no "/"`)
	case strings.HasSuffix(name, "."):
		return fmt.Errorf(`it ends with "."`)
	case strings.Contains(name, ".."):
		return fmt.Errorf(`it contains ".."`)
	case strings.Contains(name, "@{"):
		return fmt.Errorf(`it contains "@{"`)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`~^:?*[\`, c) >= 0 {
			return fmt.Errorf("it contains the character %q", c)
		}
	}
	for component := range strings.SplitSeq(name, "/") {
		switch {
		case component == "":
			return fmt.Errorf("it has an empty component")
		case component[0] == '.':
			return fmt.Errorf(`a component begins with "."`)
		case strings.HasSuffix(component, ".lock"):
			return fmt.Errorf(`a component ends with ".lock"`)
		}
	}
	return nil
}

func isOID(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	return isHex(s)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZero(oid string) bool { return oid != "" && strings.Trim(oid, "0") == "" }

func formatOf(oid string) string {
	if len(oid) == 64 {
		return "sha256"
	}
	return "sha1"
}

func oidLen(format string) int {
	if format == "sha256" {
		return 64
	}
	return 40
}
