package contracttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Recording is an answer that a real server gave.
type Recording struct {
	Name  string `json:"-"`        // of its file, without the ending
	When  string `json:"recorded"` // for the reader
	Route string `json:"route"`    // what was asked for
	Body  any    `json:"body"`
}

// Recordings reads the recordings in a folder, of which there are some.
func Recordings(folder string) ([]Recording, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there are no recordings in %s: %w", folder, cmp.Or(err, fs.ErrNotExist))
	}
	var all []Recording
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r := Recording{Name: strings.TrimSuffix(filepath.Base(name), ".json")}
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// Lacks compares the shape of the answers of a stand-in with that of the recording:
// whatever the server has, one of the answers has, of the same type. It says what is
// missing, but for the places, such as ".owner.plan" or "[].name", that leftOut says
// yes to. That the answers have nothing which the server does not know is a matter of
// the description.
func (r Recording) Lacks(answers []any, leftOut func(place string) bool) []string {
	ours, theirs := shape{}, shape{}
	theirs.add("", r.Body)
	for _, a := range answers {
		ours.add("", a)
	}
	var all []string
	for _, place := range slices.Sorted(maps.Keys(theirs)) {
		if want := theirs[place].without(ours[place]); want != "" && !leftOut(place) {
			all = append(all, fmt.Sprintf("%s: the server has %s, the stand-in has %s (%s)", place, want, ours[place], r.When))
		}
	}
	return all
}

// shape is the types that occur at each place of JSON values.
type shape map[string]kinds

type kinds map[string]bool

func (k kinds) String() string { return strings.Join(slices.Sorted(maps.Keys(k)), " or ") }

// without returns a type of k that other lacks. Null fits everything.
func (k kinds) without(other kinds) string {
	if len(other) == 0 {
		return k.String()
	}
	for _, kind := range slices.Sorted(maps.Keys(k)) {
		if kind != "null" && !other[kind] && (len(other) > 1 || !other["null"]) {
			return kind
		}
	}
	return ""
}

func (s shape) add(place string, v any) {
	if s[place] == nil {
		s[place] = kinds{}
	}
	switch v := v.(type) {
	case nil:
		s[place]["null"] = true
	case map[string]any:
		s[place]["object"] = true
		for name, inner := range v {
			s.add(place+"."+name, inner)
		}
	case []any:
		s[place]["array"] = true
		for _, inner := range v {
			s.add(place+"[]", inner)
		}
	default:
		s[place][fmt.Sprintf("%T", v)] = true
	}
}
