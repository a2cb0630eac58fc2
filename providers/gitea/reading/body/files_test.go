package body

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const uuid = "0a1b2c3d-1111-4222-8333-444455556666"

func TestLinks(t *testing.T) {
	link := func(url, name string) []Link { return []Link{{URL: url, UUID: uuid, Name: name}} }
	tests := map[string]struct {
		text string
		want []Link
	}{
		"relative":                 {"![a lamp](/attachments/" + uuid + ")", link("/attachments/"+uuid, "a lamp")},
		"without a slash":          {"[x](attachments/" + uuid + ")", link("attachments/"+uuid, "x")},
		"bare":                     {"see /attachments/" + uuid + ".", link("/attachments/"+uuid, "")},
		"absolute":                 {"https://git.example/sub/attachments/" + uuid, link("https://git.example/sub/attachments/"+uuid, "")},
		"the other scheme":         {"<http://GIT.example/sub/attachments/" + uuid + ">", link("http://GIT.example/sub/attachments/"+uuid, "")},
		"below the server's path":  {`<img src="/sub/attachments/` + uuid + `" alt="x">`, link("/sub/attachments/"+uuid, "")},
		"of a repository":          {"(https://git.example/sub/acme/x.y/attachments/" + uuid + ")", link("https://git.example/sub/acme/x.y/attachments/"+uuid, "")},
		"of a release":             {"/acme/x/releases/attachments/" + uuid, link("/acme/x/releases/attachments/"+uuid, "")},
		"with a query":             {"/attachments/" + uuid + "?download=1 x", link("/attachments/"+uuid+"?download=1", "")},
		"twice":                    {strings.Repeat("/attachments/"+uuid+" ", 2), link("/attachments/"+uuid, "")},
		"of a path":                {"![../../x](/attachments/" + uuid + ")", link("/attachments/"+uuid, "x")},
		"of another server":        {"https://evil.example/attachments/" + uuid, nil},
		"of a server like it":      {"https://git.example.evil/sub/attachments/" + uuid, nil},
		"with something behind it": {"/attachments/" + uuid + "/x", nil},
		"a longer id":              {"/attachments/" + uuid + "7", nil},
		"climbing":                 {"/../../attachments/" + uuid, link("/../../attachments/"+uuid, "")},
		"none":                     {"attachments/x", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Links(test.text, "https://git.example/sub", "::bad")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("![x](/attachments/" + uuid + ") https://git.example/a/b/attachments/" + uuid + "#x")
	f.Add("[" + strings.Repeat("y", 300) + "](attachments/" + uuid + "?")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range Links(text, "https://git.example") {
			if !strings.Contains(text, l.URL) || !IsUUID(l.UUID) || strings.ContainsAny(l.Name, "/\\\n") || !strings.Contains(strings.ToLower(l.URL), l.UUID) {
				t.Errorf("%q has the link %+v", text, l)
			}
		}
	})
}

// TestFileID tells one file under two links apart, and stays the same.
func TestFileID(t *testing.T) {
	listed := "https://git.example/attachments/" + uuid
	ids := map[string]bool{FileID(uuid, listed, listed): true, FileID(uuid, "/attachments/"+uuid, listed): true, FileID(uuid, "attachments/"+uuid, listed): true}
	if len(ids) != 3 || !ids[uuid] || FileID(uuid, "x", listed) != FileID(uuid, "x", "") {
		t.Errorf("ids: %v", ids)
	}
}
