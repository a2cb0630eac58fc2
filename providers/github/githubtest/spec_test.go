package githubtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// update names GitHub's description, api.github.com.json of the npm package
// @octokit/openapi, to take the parts that are needed from.
var update = flag.String("description", "", "make spec/api.github.com.json.gz from this file")

// TestDescription holds the routes and the description together: each has the
// other, but for those that are named.
func TestDescription(t *testing.T) {
	if *update != "" {
		trim(t, *update)
	}
	data, err := contracttest.Unpack(description)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	for _, r := range routes() {
		_, path, _ := strings.Cut(r.pattern, " ")
		named := slices.ContainsFunc(undescribed(), func(end string) bool { return strings.HasSuffix(path, end) })
		if (d.Paths[path]["get"] != nil) == named {
			t.Errorf("%s: described is %t", path, named)
		}
		delete(d.Paths, path)
	}
	for path := range d.Paths {
		t.Errorf("%s is described and not served", path)
	}
}

// trim writes the part of a description that the routes need.
func trim(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	all, paths := d["paths"].(map[string]any), map[string]any{}
	for _, r := range routes() {
		_, path, _ := strings.Cut(r.pattern, " ")
		if item, ok := all[path].(map[string]any); ok && item["get"] != nil {
			paths[path] = map[string]any{"get": item["get"]}
		}
	}
	adjustments := adjust(t, d["components"].(map[string]any)["schemas"].(map[string]any))
	info := d["info"].(map[string]any)
	out := map[string]any{
		"openapi": d["openapi"], "servers": []any{map[string]any{"url": "/"}}, "paths": paths,
		"info": map[string]any{"title": info["title"], "version": info["version"], "license": info["license"], "x-adjustments": adjustments},
	}
	prune(paths)
	out["components"] = reached(paths, d["components"].(map[string]any))
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("spec/api.github.com.json.gz", zipped.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	description = zipped.Bytes()
}

// prune leaves out what only readers need.
func prune(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			_, text := inner.(string)
			switch {
			case name == "example" && v["type"] != nil, name == "examples", name == "externalDocs", strings.HasPrefix(name, "x-"),
				text && name == "summary", text && name == "title" && v["type"] != nil, name == "tags" && v["operationId"] != nil:
				delete(v, name)
			case text && name == "description":
				v[name] = "" // responses must have one
			default:
				prune(inner)
			}
		}
	case []any:
		for _, inner := range v {
			prune(inner)
		}
	}
}

// reached returns the components that paths lead to.
func reached(paths map[string]any, components map[string]any) map[string]any {
	out := map[string]any{}
	var follow func(any)
	follow = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				section, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
				of, _ := out[section].(map[string]any)
				if of == nil {
					of = map[string]any{}
					out[section] = of
				}
				if of[name] == nil {
					of[name] = components[section].(map[string]any)[name]
					prune(of[name])
					follow(of[name])
				}
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				follow(v[name])
			}
		case []any:
			for _, inner := range v {
				follow(inner)
			}
		}
	}
	follow(paths)
	return out
}

// adjust corrects what GitHub's description has wrong, and returns what was
// done.
func adjust(t *testing.T, schemas map[string]any) []string {
	t.Helper()
	done := []string{"only what is served here, without texts and examples"}
	for _, nullable := range []struct{ schema, path, why string }{
		{"pull-request", "head.repo", "the repository may be gone"},
		{"pull-request", "head.user", "the account may be gone"},
		{"pull-request-simple", "head.repo", "the repository may be gone"},
		{"pull-request-simple", "head.user", "the account may be gone"},
		{"pull-request", "labels.description", "labels may have none"},
		{"pull-request-simple", "labels.description", "labels may have none"},
		{"pull-request-review-comment", "line", "outdated comments have none"},
		{"pull-request-review-comment", "position", "outdated comments have none"},
		{"pull-request-review-comment", "original_line", "comments on files have none"},
	} {
		s := schemas[nullable.schema].(map[string]any)
		names := strings.Split(nullable.path, ".")
		for n, name := range names {
			of := s["properties"].(map[string]any)
			if n == len(names)-1 {
				of[name] = orNullSchema(of[name].(map[string]any))
				break
			}
			if s = of[name].(map[string]any); s["type"] == "array" {
				s = s["items"].(map[string]any)
			}
		}
		done = append(done, nullable.schema+"."+nullable.path+" may be null: "+nullable.why)
	}
	return done
}

func orNullSchema(s map[string]any) map[string]any {
	if s["$ref"] != nil {
		return map[string]any{"nullable": true, "allOf": []any{s}}
	}
	s["nullable"] = true
	return s
}
