package giteatest

import (
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func (m *Model) signature(u *User) gitserver.Signature {
	name := u.FullName
	if name == "" {
		name = u.Login
	}
	return gitserver.Signature{Name: name, Email: u.Email, At: m.clock()}
}

// entryOf is a file or folder of a tree.
type entryOf struct {
	mode, kind, id, path string
	size                 int64
}

// listTree lists what is in a tree.
func listTree(git gitserver.Repo, tree string, deep bool) ([]entryOf, error) {
	args := []string{"ls-tree", "-z", "-l"}
	if deep {
		args = append(args, "-r", "-t")
	}
	out, err := git.Run(append(args, tree)...)
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
