package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// release is one tarball. A change of its size or time counts as a change of
// what is in it.
type release struct {
	File    string `json:"file"`
	Version string `json:"version"` // without a leading v
	Size    int64  `json:"size"`
	Time    int64  `json:"time"` // nanoseconds
}

func (r release) tag() string { return "refs/tags/v" + r.Version }

// open opens the folder. Nothing outside of it can be reached through it, not
// even by a symbolic link.
func (s *source) open() (*os.Root, error) { return os.OpenRoot(s.folder) }

// tarballs lists the tarballs of the folder with their projects.
func (s *source) tarballs(ctx context.Context) (map[string][]release, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	projects := map[string][]release{}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		project, version, ok := parseName(entry.Name())
		if !ok || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		r := release{File: entry.Name(), Version: version, Size: info.Size(), Time: info.ModTime().UnixNano()}
		projects[project] = append(projects[project], r)
	}
	return projects, nil
}

func (s *source) projects(ctx context.Context) ([]string, error) {
	all, err := s.tarballs(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// releases lists the releases of a project by version, oldest first.
func (s *source) releases(ctx context.Context, project string) ([]release, error) {
	all, err := s.tarballs(ctx)
	if err != nil {
		return nil, err
	}
	list := all[project]
	slices.SortFunc(list, func(a, b release) int { return compareVersions(a.Version, b.Version) })
	for i, r := range list {
		if i > 0 && list[i-1].Version == r.Version {
			return nil, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("%s and %s are of the same version", list[i-1].File, r.File),
				Hint: "move one of them away"}
		}
		if err := gitrepo.CheckRefName(r.tag()); err != nil {
			return nil, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the version of %s cannot be the name of a tag: %s", r.File, err),
				Hint: "rename it or move it away"}
		}
	}
	return list, nil
}

// parseName takes NAME-VERSION.tar.gz apart. The version begins at the first
// hyphen with a digit behind it, or with v and a digit.
func parseName(file string) (project, version string, ok bool) {
	pattern := regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._+-]*?)-v?([0-9][A-Za-z0-9._+-]*)\.tar\.gz$`)
	m := pattern.FindStringSubmatch(file)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// compareVersions orders versions as people read them: 1.9 < 1.10-rc.1 <
// 1.10-rc.2 < 1.10. It is a total order: only equal texts are equal.
func compareVersions(a, b string) int {
	coreA, restA := splitVersion(a)
	coreB, restB := splitVersion(b)
	for i := range max(len(coreA), len(coreB)) {
		if c := compareNumbers(at(coreA, i), at(coreB, i)); c != 0 {
			return c
		}
	}
	if before, other := isPrerelease(restA), isPrerelease(restB); before != other {
		if before {
			return -1
		}
		return 1
	}
	return cmp.Or(compareRuns(restA, restB), strings.Compare(a, b))
}

// splitVersion separates 1.10-rc.1 into the numbers 1 and 10, and -rc.1.
func splitVersion(v string) (core []string, rest string) {
	numbers := regexp.MustCompile(`^[0-9]+(?:\.[0-9]+)*`).FindString(v)
	return strings.Split(numbers, "."), v[len(numbers):]
}

// isPrerelease reports whether what follows the numbers, such as -rc.1 or b2,
// comes before the release. Build numbers, after a plus, come after it.
func isPrerelease(rest string) bool { return rest != "" && rest[0] != '+' }

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "0"
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// compareRuns compares texts run by run, digits as numbers.
func compareRuns(a, b string) int {
	runs := regexp.MustCompile(`[0-9]+|[^0-9]+`)
	listA, listB := runs.FindAllString(a, -1), runs.FindAllString(b, -1)
	for i := range min(len(listA), len(listB)) {
		compare := strings.Compare
		if isDigit(listA[i][0]) && isDigit(listB[i][0]) {
			compare = compareNumbers
		}
		if c := compare(listA[i], listB[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(listA), len(listB))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
