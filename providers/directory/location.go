package directory

import (
	"fmt"
	"path"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	gitSuffix     = ".git"
	wikiSuffix    = ".wiki.git"
	recordsSuffix = ".records"

	// tempMark stands in the names of folders that are not complete yet.
	tempMark = ".git.tmp-"

	// maxSegment keeps every name below the 255 bytes that file systems take,
	// our suffixes and temporary names included.
	maxSegment = 200

	// maxDepth is how many folders deep a repository may stand.
	maxDepth = 20
)

// location is where a repository stands in an archive. Its names are checked.
type location struct {
	namespace string // may hold slashes; empty is the root
	name      string
}

// newLocation checks the names of a place. Its error says which setting is at
// fault and suggests a name that would do.
func newLocation(namespace, name string) (location, *providers.Error) {
	at := location{namespace: namespace, name: name}
	if why := segmentFault(name); why != "" {
		return location{}, invalidName("new_name", name, why, suggestSegment(name))
	}
	if namespace == "" {
		return at, nil
	}
	segments := strings.Split(namespace, "/")
	for i, segment := range segments {
		if why := segmentFault(segment); why != "" {
			for j := range segments {
				segments[j] = suggestSegment(segments[j])
			}
			return location{}, invalidName("target_namespace", namespace,
				fmt.Sprintf("part %d of it %s", i+1, why), strings.Join(segments, "/"))
		}
	}
	if len(segments) >= maxDepth {
		return location{}, invalidName("target_namespace", namespace,
			fmt.Sprintf("is more than %d folders deep", maxDepth-1), strings.Join(segments[:maxDepth-1], "/"))
	}
	if len(at.String()) > schema.MaxID {
		return location{}, invalidName("target_namespace", namespace,
			fmt.Sprintf("makes a path of more than %d bytes", schema.MaxID), segments[0])
	}
	return at, nil
}

// parseLocation reads NAMESPACE/NAME, as Ref ids and repo_path write it.
func parseLocation(text string) (location, *providers.Error) {
	namespace, name := path.Split(text)
	if namespace == "/" { // an absolute path, which Split and TrimSuffix would make relative
		return location{}, invalidName("new_name", text, `begins with "/"`, suggestSegment(name))
	}
	return newLocation(strings.TrimSuffix(namespace, "/"), name)
}

func (l location) String() string { return path.Join(l.namespace, l.name) }

func (l location) git() string      { return l.String() + gitSuffix }
func (l location) wiki() string     { return l.String() + wikiSuffix }
func (l location) records() string  { return l.String() + recordsSuffix }
func (l location) manifest() string { return path.Join(l.records(), "manifest.json") }
func (l location) blobs() string    { return path.Join(l.records(), "blobs") }
func (l location) incoming() string { return path.Join(l.records(), "incoming") }
func (l location) journal() string  { return path.Join(l.incoming(), "journal.ndjson") }

// parts are all the folders of the repository, the git data first.
func (l location) parts() []string { return []string{l.git(), l.wiki(), l.records()} }

// part is the folder of one git repository.
func (l location) part(p providers.Part) (string, *providers.Error) {
	switch p {
	case providers.PartCode:
		return l.git(), nil
	case providers.PartWiki:
		return l.wiki(), nil
	}
	return "", providers.Errorf(providers.CodeUnsupported, "an archive has no part %q", schema.Printable(string(p)))
}

// kind is the file with all records of k.
func (l location) kind(k schema.Kind) string { return path.Join(l.records(), kindFileName(k)) }

// blob is the file with the content of the given digest.
func (l location) blob(sha256 string) string { return path.Join(l.blobs(), sha256[:2], sha256) }

// ref is the repository's identity at the target.
func (l location) ref() schema.Ref { return schema.Ref{ID: l.String(), URL: l.git()} }

func kindFileName(k schema.Kind) string { return k.Plural() + ".ndjson" }

// unportable lists characters that some file system, or some program people use
// on an archive, does not take in a name.
const unportable = `/\:*?"<>|`

// segmentFault says what keeps s from naming a folder of an archive, or "".
func segmentFault(s string) string {
	switch {
	case s == "":
		return "is empty"
	case s == "." || s == "..":
		return "means another folder"
	case len(s) > maxSegment:
		return fmt.Sprintf("is longer than %d bytes", maxSegment)
	case schema.Printable(s) != s:
		return "contains invisible or malformed characters"
	case strings.ContainsAny(s, unportable):
		return fmt.Sprintf("contains one of the characters %s", unportable)
	case s[0] == '-':
		return `begins with "-"`
	case strings.TrimSpace(s) != s || strings.HasSuffix(s, "."):
		return "begins or ends with a space, or ends with a dot"
	case strings.Contains(strings.ToLower(s), tempMark):
		return fmt.Sprintf("contains %q, which an archive keeps for itself", tempMark)
	}
	for _, suffix := range []string{gitSuffix, ".wiki", recordsSuffix} {
		if hasSuffixFold(s, suffix) {
			return fmt.Sprintf("ends with %q, which an archive keeps for itself", suffix)
		}
	}
	return ""
}

// suggestSegment returns a name near s that segmentFault accepts.
func suggestSegment(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(unportable, r) || schema.Printable(string(r)) != string(r) || r == '\uFFFD' {
			return '-'
		}
		return r
	}, s)
	if len(s) > maxSegment {
		s = strings.ToValidUTF8(s[:maxSegment], "")
	}
	for _, suffix := range []string{gitSuffix, ".wiki", recordsSuffix} {
		if hasSuffixFold(s, suffix) {
			s = s[:len(s)-len(suffix)] + "-" + suffix[1:]
		}
	}
	s = strings.TrimRight(strings.TrimLeft(s, "- "), ". ")
	if segmentFault(s) != "" {
		return "repository"
	}
	return s
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func invalidName(attribute, name, why, suggestion string) *providers.Error {
	return &providers.Error{
		Code:      providers.CodeInvalid,
		Message:   fmt.Sprintf("%q cannot be a name in an archive: it %s", schema.Printable(name), why),
		Hint:      fmt.Sprintf("set %s = %q", attribute, suggestion),
		Attribute: attribute,
	}
}
