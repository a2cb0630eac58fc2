package body

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const secret = "66dbcd21ec5d24ed6ea225176098d52b"

func lamp() Project {
	return Project{ID: 12, FullPath: "acme/tools/lamp", Bases: []string{"https://gitlab.example.com", "http://inside.example.com/git"}}
}

func TestLinks(t *testing.T) {
	for text, want := range map[string][]string{
		"![dk](/uploads/SECRET/dk.png)":                                              {"/uploads/SECRET/dk.png"},
		"![dk](/uploads/SECRET/dk.png){width=20} and /uploads/SECRET/dk.png":         {"/uploads/SECRET/dk.png"},
		"<img src=\"/uploads/SECRET/a%20b.png\">":                                    {"/uploads/SECRET/a%20b.png"},
		"See https://gitlab.example.com/acme/tools/lamp/uploads/SECRET/note.txt.":    {"https://gitlab.example.com/acme/tools/lamp/uploads/SECRET/note.txt"},
		"http://gitlab.example.com/-/project/12/uploads/SECRET/über-1+2.txt":         {"http://gitlab.example.com/-/project/12/uploads/SECRET/über-1+2.txt"},
		"https://inside.example.com/git/Acme/Tools/Lamp/uploads/SECRET/x":            {"https://inside.example.com/git/Acme/Tools/Lamp/uploads/SECRET/x"},
		"[a](/-/project/12/uploads/SECRET/a) [b](/acme/tools/lamp/uploads/SECRET/b)": {"/-/project/12/uploads/SECRET/a", "/acme/tools/lamp/uploads/SECRET/b"},

		"https://gitlab.example.com/-/project/13/uploads/SECRET/x":  nil, // another project
		"https://evil.example.com/acme/tools/lamp/uploads/SECRET/x": nil,
		"/uploads/SECRET/..":        nil,
		"/uploads/SECRET/%2e%2e":    nil,
		"/uploads/SECRET/a%2Fb":     nil,
		"/uploads/SECRET/a%00b":     nil,
		"/uploads/SECRET/a/b":       nil,
		"/uploads/SECRET":           nil,
		"uploads/SECRET/relative":   nil,
		"/uploads/66dbcd21/too.few": nil,
	} {
		text = strings.ReplaceAll(text, "SECRET", secret)
		var got []string
		for _, l := range lamp().Links(text) {
			got = append(got, strings.ReplaceAll(l.URL, secret, "SECRET"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestAsset(t *testing.T) {
	for address, want := range map[string]string{
		"https://gitlab.example.com/acme/tools/lamp/uploads/" + secret + "/a.zip":                     "12/uploads/" + secret + "/a.zip",
		"https://gitlab.example.com/api/v4/projects/12/packages/generic/lamp/1.0/a.tar.gz":            "12/packages/lamp/1.0/a.tar.gz",
		"https://gitlab.example.com/api/v4/projects/acme%2Ftools%2Flamp/packages/generic/lamp/1.0/a":  "12/packages/lamp/1.0/a",
		"https://gitlab.example.com/api/v4/projects/13/packages/generic/lamp/1.0/a.tar.gz":            "",
		"https://gitlab.example.com/api/v4/projects/12/packages/generic/lamp/1.0/../../../../secrets": "",
		"https://gitlab.example.com/api/v4/projects/12/packages/generic/lamp/%2e%2e/a":                "",
		"https://elsewhere.example.com/a.zip":                                                         "",
	} {
		got := ""
		if f, ok := lamp().Asset(address); ok {
			got = f.Blob()
			back, ok := ParseBlob(got)
			if diff := cmp.Diff(f, back); !ok || diff != "" {
				t.Errorf("%s read back (-want +got):\n%s", got, diff)
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestParseBlobRefuses(t *testing.T) {
	for _, id := range []string{
		"", "12", "12/uploads", "x/uploads/" + secret + "/a", "0/uploads/" + secret + "/a", "-1/uploads/" + secret + "/a",
		"12/uploads/" + strings.ToUpper(secret) + "/a", "12/uploads/" + secret + "/..", "12/uploads/" + secret + "/a/b", "12/uploads//a",
		"12/packages/a/../b", "12/packages/a/b", "12/secrets/a/b",
	} {
		if f, ok := ParseBlob(id); ok {
			t.Errorf("%q was read as %+v", id, f)
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("![dk](/uploads/" + secret + "/dk.png), /-/project/12/uploads/" + secret + "/%61")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range lamp().Links(text) {
			if !strings.Contains(text, l.URL) {
				t.Errorf("%q is not in the text", l.URL)
			}
			if back, ok := ParseBlob(l.File.Blob()); !ok || back != l.File {
				t.Errorf("%+v came back as %+v", l.File, back)
			}
		}
	})
}
