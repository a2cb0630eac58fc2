package giteatest

import (
	"fmt"
	"os"
	"strings"
)

// file is a file of a commit that is being made; nil data remove it.
type file struct {
	path string
	data []byte
}

func (m *Model) signature(u *User) signature {
	name := u.FullName
	if name == "" {
		name = u.Login
	}
	return signature{name: name, email: u.Email, at: m.clock()}
}

// writeFiles makes a commit that changes files of its parent, which may be "".
func (m *Model) writeFiles(dir, parent string, files []file, message string, by signature) (string, error) {
	index, err := os.CreateTemp("", "giteatest-index-*")
	if err != nil {
		return "", fmt.Errorf("make an index: %w", err)
	}
	index.Close()
	os.Remove(index.Name()) // git takes no empty index
	defer os.Remove(index.Name())
	env := []string{"GIT_INDEX_FILE=" + index.Name()}
	var parents []string
	if parent != "" {
		parents = []string{parent}
		if _, err := gitWith(dir, env, nil, "read-tree", parent); err != nil {
			return "", err
		}
	}
	var lines strings.Builder
	for _, f := range files {
		if f.data == nil {
			fmt.Fprintf(&lines, "0 %s\t%s\x00", strings.Repeat("0", 40), f.path)
			continue
		}
		blob, err := gitWith(dir, nil, f.data, "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&lines, "100644 %s\t%s\x00", strings.TrimSpace(blob), f.path)
	}
	if _, err := gitWith(dir, env, []byte(lines.String()), "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	tree, err := gitWith(dir, env, nil, "write-tree")
	if err != nil {
		return "", err
	}
	return commitTree(dir, strings.TrimSpace(tree), message, parents, by, by)
}

// entryOf is a file or folder of a tree.
type entryOf struct {
	mode, kind, id, path string
	size                 int64
}

// listTree lists what is in a tree.
func listTree(dir, tree string, deep bool) ([]entryOf, error) {
	args := []string{"ls-tree", "-z", "-l"}
	if deep {
		args = append(args, "-r", "-t")
	}
	out, err := git(dir, append(args, tree)...)
	if err != nil {
		return nil, err
	}
	var all []entryOf
	for _, line := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		head, path, found := strings.Cut(line, "\t")
		f := strings.Fields(head)
		if !found || len(f) != 4 {
			continue
		}
		e := entryOf{mode: f[0], kind: f[1], id: f[2], path: path}
		fmt.Sscan(f[3], &e.size)
		all = append(all, e)
	}
	return all, nil
}
