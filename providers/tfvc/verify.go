package tfvc

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// maxDifferences bounds how many differences of one commit are told.
const maxDifferences = 100

// errEnough says that the caller wants no more answers.
var errEnough = errors.New("enough")

// VerifyGit compares commits with what the server lists for their changesets:
// paths, and contents by their MD5. Names are compared without regard to case.
func (s *source) VerifyGit(ctx context.Context, req providers.VerifyRequest, observe func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	return func(yield func(providers.Verified, error) bool) {
		settings, err := readSettings(req.Repo.Settings)
		if err != nil {
			yield(providers.Verified{}, err)
			return
		}
		if observe == nil {
			observe = func(providers.Progress) {}
		}
		if req.Part != providers.PartCode {
			err = providers.Errorf(providers.CodeUnsupported, "TFVC has no part %q", schema.Printable(string(req.Part)))
		} else {
			err = s.verify(ctx, settings, req, observe, yield)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(providers.Verified{}, failure("verify", settings, err))
		}
	}
}

func (s *source) verify(ctx context.Context, settings *settings, req providers.VerifyRequest, observe func(providers.Progress), yield func(providers.Verified, error) bool) (err error) {
	client, err := s.client(settings.address, observe)
	if err != nil {
		return err
	}
	defer client.Close()
	project, err := resolve(ctx, client, settings, req.Repo.Identity)
	if err != nil {
		return err
	}
	store, err := gitpack.Open(req.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	v := &verifier{client: client, project: project.Name, store: store, trees: gittree.New(gittree.ReadOnly(store), treeMemory), sums: map[gitpack.ID][md5.Size]byte{}}
	todo, err := v.list(ctx, req)
	if err != nil {
		return err
	}
	for i, check := range todo {
		one, err := v.compare(ctx, check)
		if err != nil {
			return fmt.Errorf("compare %v: %w", check, err)
		}
		observe(providers.Progress{Phase: "verifying", Done: int64(i + 1), Total: int64(len(todo)), Unit: "commits"})
		if !yield(one, nil) {
			return errEnough
		}
	}
	return nil
}

// check is a commit that is to be compared, with a changeset or with a label.
type check struct {
	ref    string
	commit gitpack.ID
	set    int
	branch string // relative to the project
	label  int
}

func (c check) String() string {
	if c.label != 0 {
		return fmt.Sprintf("label %d", c.label)
	}
	return fmt.Sprintf("C%d", c.set)
}

type verifier struct {
	client  *azure.Client
	project string
	store   *gitpack.Store
	trees   *gittree.Trees

	begun map[string]int // by folded path of a branch, its first changeset
	sums  map[gitpack.ID][md5.Size]byte
}

// list reads the table of revisions and the refs.
func (v *verifier) list(ctx context.Context, req providers.VerifyRequest) ([]check, error) {
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	tips := map[gitpack.ID][]string{}
	for _, name := range slices.Sorted(maps.Keys(refs.Names)) {
		commit, err := v.peel(refs.Names[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tips[commit] = append(tips[commit], name)
	}
	v.begun = map[string]int{}
	var todo []check
	met := map[gitpack.ID]bool{}
	for r, err := range conversion.ReadRevisions(req.Dir) {
		if err != nil {
			return nil, err
		}
		set, err := strconv.Atoi(strings.TrimPrefix(r.Source, "C"))
		if err != nil {
			return nil, fmt.Errorf("the table of revisions names %q", schema.Printable(r.Source))
		}
		branch := strings.TrimPrefix(r.Branch, wholeProject)
		if _, ok := v.begun[fold(branch)]; !ok {
			v.begun[fold(branch)] = set
		}
		if met[r.Commit] || len(tips[r.Commit]) == 0 && !req.Every {
			continue
		}
		met[r.Commit] = true
		todo = append(todo, checksOf(tips[r.Commit], check{commit: r.Commit, set: set, branch: branch})...)
	}
	for _, commit := range slices.SortedFunc(maps.Keys(tips), gitpack.ID.Compare) {
		if met[commit] {
			continue
		}
		label, branch, err := v.labelOf(commit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tips[commit][0], err)
		}
		todo = append(todo, checksOf(tips[commit], check{commit: commit, label: label, branch: branch})...)
	}
	return todo, nil
}

// checksOf is a check for each ref, or for none.
func checksOf(refs []string, c check) []check {
	if len(refs) == 0 {
		return []check{c}
	}
	var list []check
	for _, ref := range refs {
		c.ref = ref
		list = append(list, c)
	}
	return list
}

// peel returns the commit that a ref leads to.
func (v *verifier) peel(hex string) (gitpack.ID, error) {
	id, err := gitpack.ParseID(hex)
	if err != nil {
		return id, err
	}
	kind, data, err := v.store.Read(id)
	if err != nil || kind != gitpack.Tag {
		return id, err
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return gitpack.ParseID(strings.TrimPrefix(string(first), "object "))
}

// labelOf returns the label that a commit was made for, and its branch.
func (v *verifier) labelOf(commit gitpack.ID) (label int, branch string, err error) {
	_, data, err := v.store.Read(commit)
	if err != nil {
		return 0, "", err
	}
	i := bytes.LastIndex(data, []byte("\n"+labelTrailer+": "))
	if i < 0 {
		return 0, "", errors.New("it leads to a commit that stands for no changeset and no label")
	}
	number, quoted, _ := strings.Cut(strings.TrimSpace(string(data[i+len(labelTrailer)+3:])), " ")
	if label, err = strconv.Atoi(number); err == nil {
		branch, err = strconv.Unquote(quoted)
	}
	return label, branch, err
}

// compare compares one commit.
func (v *verifier) compare(ctx context.Context, c check) (providers.Verified, error) {
	one := providers.Verified{Ref: c.ref, Commit: c.commit.String()}
	items := v.client.LabelItems(ctx, c.label)
	if c.label == 0 {
		one.Revision = fmt.Sprintf("C%d", c.set)
		items = v.client.Items(ctx, serverRoot+join(v.project, c.branch), c.set, azure.Full)
	}
	want, err := v.wanted(items, c)
	if err != nil {
		return one, err
	}
	have, err := v.files(c.commit)
	if err != nil {
		return one, err
	}
	one.Files = int64(len(want))
	differ := func(path, problem string) {
		if len(one.Differences) < maxDifferences {
			one.Differences = append(one.Differences, providers.GitDifference{Path: schema.Printable(path), Problem: problem})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		entry, ok := have[key]
		if !ok {
			differ(want[key].path, "is missing")
			continue
		}
		same, err := v.same(ctx, want[key].Item, c.set, entry.ID)
		if err != nil {
			return one, err
		}
		if !same {
			differ(entry.Name, "has other contents")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok {
			differ(have[key].Name, "is not at the source")
		}
	}
	return one, nil
}

// wantedFile is a file that a commit should have, with its path there.
type wantedFile struct {
	azure.Item
	path string
}

// wanted reads what the server lists: the files of a branch without those of the
// branches in it, by their folded path in it. What git must not hold is left
// out; the losses tell of it.
func (v *verifier) wanted(items iter.Seq2[azure.Item, error], c check) (map[string]wantedFile, error) {
	want := map[string]wantedFile{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		p, inside, err := relative(item.Path, v.project)
		if err != nil {
			return nil, err
		}
		set := c.set
		if c.label != 0 {
			set = item.Version
		}
		if item.Folder || !inside || !within(fold(p), fold(c.branch)) || v.inner(fold(p), fold(c.branch), set) {
			continue
		}
		if inGit(rest(p, c.branch)) {
			want[fold(rest(p, c.branch))] = wantedFile{item, rest(p, c.branch)}
		}
	}
	return want, nil
}

// inner reports whether a path is in a branch inside of another.
func (v *verifier) inner(key, branch string, set int) bool {
	for at := key; at != branch && at != ""; at = parent(at) {
		if first, ok := v.begun[at]; ok && first <= set {
			return true
		}
	}
	return false
}

func inGit(p string) bool {
	mode := gittree.File
	for ; p != ""; p = parent(p) {
		if conversion.EntryProblem(base(p), mode) != "" {
			return false
		}
		mode = gittree.Directory
	}
	return true
}

// files lists the files of a commit by folded path.
func (v *verifier) files(commit gitpack.ID) (map[string]gittree.Entry, error) {
	_, data, err := v.store.Read(commit)
	if err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	root, err := gitpack.ParseID(strings.TrimPrefix(string(first), "tree "))
	if err != nil {
		return nil, err
	}
	have := map[string]gittree.Entry{}
	for e, err := range v.trees.Walk(root) {
		if err != nil {
			return nil, err
		}
		have[fold(e.Name)] = e
	}
	return have, nil
}

// same compares contents. A server that tells no hashes is asked for them.
func (v *verifier) same(ctx context.Context, item azure.Item, set int, blob gitpack.ID) (bool, error) {
	have, err := v.sum(blob)
	if err != nil {
		return false, err
	}
	if item.Hash.Known {
		return have == item.Hash.Sum, nil
	}
	version := item.Version
	if set != 0 {
		version = set
	}
	var want [md5.Size]byte
	err = v.client.Content(ctx, item.Path, version, func(in io.Reader) (err error) {
		want, err = sumOf(in)
		return err
	})
	return want == have, err
}

func (v *verifier) sum(blob gitpack.ID) ([md5.Size]byte, error) {
	if sum, ok := v.sums[blob]; ok {
		return sum, nil
	}
	_, _, in, err := v.store.Open(blob)
	if err != nil {
		return [md5.Size]byte{}, err
	}
	sum, err := sumOf(in)
	v.sums[blob] = sum
	return sum, errors.Join(err, in.Close())
}

func sumOf(r io.Reader) (sum [md5.Size]byte, err error) {
	h := md5.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}
