package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
)

// difference is one member that differs between two JSON objects.
type difference struct {
	path          string
	before, after json.RawMessage // nil when the member is absent
}

// diffObjects compares two JSON objects member by member, in order of name.
func diffObjects(before, after json.RawMessage) []difference {
	b, a := members(before), members(after)
	var list []difference
	for _, name := range sortedNames(b, a) {
		if string(b[name]) != string(a[name]) {
			list = append(list, difference{name, b[name], a[name]})
		}
	}
	return list
}

// members returns an object's members in compact form; of anything else, none.
func members(raw json.RawMessage) map[string]json.RawMessage {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	m := make(map[string]json.RawMessage, len(object))
	for name, v := range object {
		m[name] = mustJSON(v)
	}
	return m
}

// mustJSON is for values that came from JSON or are plain structs.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("engine: " + err.Error())
	}
	return b
}

// sortedNames are the keys of both maps, each once, in order.
func sortedNames[V any](a, b map[string]V) []string {
	names := make([]string, 0, len(a))
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// short is an object id as people quote it.
func short(oid string) string {
	if oid == "" {
		return "nothing"
	}
	return oid[:min(len(oid), 7)]
}

// plural is a number with its noun: "1 commit", "2 commits".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
