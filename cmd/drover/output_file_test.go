package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema/planfile"
)

func TestFormatOutput(t *testing.T) {
	for _, test := range []struct{ name, value, csv, text string }{
		{"text", `"a, b"`, "value\n\"a, b\"\n", "a, b\n"},
		{"number", `12`, "value\n12\n", "12\n"},
		{"null", `null`, "value\n\n", "\n"},
		{"list", `["a",1,null,{"x":1}]`, "value\na\n1\n\n\"{\"\"x\"\":1}\"\n", "a\n1\n\n{\"x\":1}\n"},
		{"map", `{"https://a":"https://b","c":2}`, "key,value\nhttps://a,https://b\nc,2\n", "https://a https://b\nc 2\n"},
		{"map of objects", `{"a":{"x":1,"y":"z"},"b":{"y":null,"w":[1]}}`, "key,x,y,w\na,1,z,\nb,,,[1]\n", "a {\"x\":1,\"y\":\"z\"}\nb {\"y\":null,\"w\":[1]}\n"},
		{"list of objects", `[{"x":1},{"y":2}]`, "x,y\n1,\n,2\n", "{\"x\":1}\n{\"y\":2}\n"},
		{"empty map", `{}`, "key,value\n", ""},
		{"empty list", `[]`, "value\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for file, want := range map[string]string{"x.csv": test.csv, "x.txt": test.text} {
				var b strings.Builder
				if err := formatOutput(&b, planfile.Output{Value: json.RawMessage(test.value), File: file}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, b.String()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			}
		})
	}
}

// A plan can come with a pull request, links in its folder too.
func TestWriteOutputStaysInside(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(dir, outside string) error
		refused bool
	}{
		{"new folder", func(string, string) error { return nil }, false},
		{"replaced", func(dir, _ string) error {
			if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "out", "x.txt"), []byte("old"), 0o600)
		}, false},
		{"folder is a link", func(dir, outside string) error { return os.Symlink(outside, filepath.Join(dir, "out")) }, true},
		{"folder is a link inside", func(dir, _ string) error {
			if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
				return err
			}
			return os.Symlink(".git", filepath.Join(dir, "out"))
		}, true},
		{"file is a link", func(dir, outside string) error {
			if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "x.txt"), filepath.Join(dir, "out", "x.txt"))
		}, true},
		{"temporary file is a link", func(dir, outside string) error {
			if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "x.txt"), filepath.Join(dir, "out", "x.txt.tmp"))
		}, false},
		{"folder is a file", func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, "out"), nil, 0o600) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, outside := t.TempDir(), t.TempDir()
			if err := test.prepare(dir, outside); err != nil {
				t.Fatal(err)
			}
			a := &app{chdir: dir}
			err := a.writeOutput(planfile.Output{Name: "x", Value: json.RawMessage(`"new"`), File: "out/x.txt"})
			if (err != nil) != test.refused {
				t.Errorf("refused: %v, want %v", err, test.refused)
			}
			if left, _ := os.ReadDir(outside); len(left) > 0 {
				t.Errorf("%s was written outside the folder", left[0].Name())
			}
			if test.refused {
				return
			}
			got, err := os.ReadFile(filepath.Join(dir, "out", "x.txt"))
			if err != nil || string(got) != "new\n" {
				t.Errorf("the file holds %q, %v", got, err)
			}
			if left, _ := os.ReadDir(filepath.Join(dir, "out")); len(left) != 1 {
				t.Errorf("%d files are left in the folder", len(left))
			}
		})
	}
}
