package giteatest

import (
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// change is a file that differs between two commits.
type change struct {
	status     string // added, deleted, changed, renamed
	path, from string
	plus, less int64
}

// changes compares two trees as Gitea shows a pull request.
func changes(git gitserver.Repo, from, to string) ([]change, error) {
	out, err := git.Run("diff", "--raw", "--numstat", "-z", "-M", "--abbrev=40", "--end-of-options", from, to, "--")
	if err != nil {
		return nil, err
	}
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	var all []change
	at := 0
	for at < len(fields) && strings.HasPrefix(fields[at], ":") {
		letter := fields[at][strings.LastIndexByte(fields[at], ' ')+1:]
		c := change{status: statusOf(letter), path: fields[at+1]}
		at += 2
		if letter[0] == 'R' || letter[0] == 'C' {
			c.from, c.path = c.path, fields[at]
			at++
		}
		all = append(all, c)
	}
	for i := range all {
		if at >= len(fields) {
			break
		}
		counts := strings.SplitN(fields[at], "\t", 3)
		at++
		if len(counts) == 3 && counts[2] == "" {
			at += 2 // the two names of a rename follow
		}
		all[i].plus, _ = strconv.ParseInt(counts[0], 10, 64)
		if len(counts) > 1 {
			all[i].less, _ = strconv.ParseInt(counts[1], 10, 64)
		}
	}
	return all, nil
}

func statusOf(letter string) string {
	switch letter[0] {
	case 'A':
		return "added"
	case 'D':
		return "deleted"
	case 'R':
		return "renamed"
	case 'C':
		return "copied"
	}
	return "changed"
}

// emptyTree is the id of the tree without files, in the form of another id.
func emptyTree(like string) string {
	if len(like) == 64 {
		return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
	}
	return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
}
