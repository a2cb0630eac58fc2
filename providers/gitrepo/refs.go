package gitrepo

import (
	"bytes"
	"context"
	"fmt"
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

// writeFirstRefs fills a repository that nobody uses yet with refs, in one
// file: a transaction would write and sync a file for each of them.
func (r *Repo) writeFirstRefs(refs map[string]string) error {
	names := make([]string, 0, len(refs))
	for name := range refs {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteString("# pack-refs with: sorted \n")
	for _, name := range names {
		fmt.Fprintf(&b, "%s %s\n", refs[name], name)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "packed-refs"), b.Bytes(), 0o666); err != nil {
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
