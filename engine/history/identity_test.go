package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestSplitIdentity(t *testing.T) {
	for line, want := range map[string][2]string{
		"Jo <jo@x> 1 +0000":        {"Jo", "jo@x"},
		"Jo  Doe \t<jo@x> 1 +0000": {"Jo  Doe", "jo@x"},
		"<jo@x> 1 +0000":           {"", "jo@x"},
		"Jo <> 1 +0000":            {"Jo", ""},
		"Jo <a <b@x> 1 +0000":      {"Jo", "a <b@x"},
		"Jo <a@x> <b@x> 1 +0000":   {"Jo", "a@x"},
		" Jo <jo@x>":               {" Jo", "jo@x"},
		"\xe9t\xe9 <jo@x> 1 +0000": {"\xe9t\xe9", "jo@x"},
		"Jo > <jo@x> 1 +0000":      {"Jo >", "jo@x"},
	} {
		id, ok := splitIdentity([]byte(line))
		if got := [2]string{string(id.name), string(id.email)}; !ok || got != want {
			t.Errorf("%q: got %q, %v, want %q", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "Jo", "Jo jo@x 1 +0000", "Jo <jo@x", "Jo jo@x> 1", "Jo\x00 <jo@x>"} {
		if id, ok := splitIdentity([]byte(line)); ok {
			t.Errorf("%q: got %q, want none", line, id.name)
		}
	}
}

func TestEditCommit(t *testing.T) {
	const head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	tests := map[string]struct{ data, want string }{
		"author": {
			head + "author Jo <jo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
			head + "author Johanna <johanna@new.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
		},
		"nobody": {head + "author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n", ""},
		"odd date and no newline at the end": {
			head + "author Jo <jo@old.example> -1 +99999\ncommitter Jo <jo@old.example>\n\nm",
			head + "author Johanna <johanna@new.example> -1 +99999\ncommitter Johanna <johanna@new.example>\n\nm",
		},
		"no message": {head + "author Jo <jo@old.example>", head + "author Johanna <johanna@new.example>"},
		"author twice": {
			head + "author Jo <jo@old.example> 1 +0000\nauthor Jo <jo@old.example> 2 +0000\ncommitter Kim <kim@x> 2 +0000\n\n",
			head + "author Johanna <johanna@new.example> 1 +0000\nauthor Johanna <johanna@new.example> 2 +0000\ncommitter Kim <kim@x> 2 +0000\n\n",
		},
		"missing bracket": {head + "author Jo jo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n", ""},
		"headers nobody knows": {
			head + "author Jo <jo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\nHG:extra a:b\n\x00\xff header\n  more\n\nm\x00\n",
			head + "author Johanna <johanna@new.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\nHG:extra a:b\n\x00\xff header\n  more\n\nm\x00\n",
		},
		"signature goes": {
			head + "author Jo <jo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\ngpgsig -----BEGIN\n \n abc\n -----END\nx-other 1\n\nm\n",
			head + "author Johanna <johanna@new.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\nx-other 1\n\nm\n",
		},
		"signature stays": {head + "author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 2 +0000\ngpgsig -----BEGIN\n abc\n\nm\n", ""},
		"trailers": {
			head + "author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n\nCo-authored-by: Jo <jo@old.example>\r\nsigned-off-by:Jo <jo@old.example>\n Cc: Jo <jo@old.example>\nSee: Jo <jo@old.example>\nCC: Jo <jo@old.example> # 2.x",
			head + "author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n\nCo-authored-by: Johanna <johanna@new.example>\r\nsigned-off-by:Johanna <johanna@new.example>\n Cc: Jo <jo@old.example>\nSee: Jo <jo@old.example>\nCC: Johanna <johanna@new.example> # 2.x",
		},
		"encoding holds the name": {
			head + "author L\xe9o <leo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\nencoding ISO-8859-1\n\n\xe9t\xe9\n",
			head + "author L\xe9on <leo@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\nencoding ISO-8859-1\n\n\xe9t\xe9\n",
		},
		"encoding cannot hold the name": {
			head + "author Ji <ji@old.example> 1 +0000\ncommitter L\xe9o <k@x> 2 +0000\nencoding ISO-8859-1\n\n\xe9t\xe9\n",
			head + "author Ji\u0159\u00ed <ji@old.example> 1 +0000\ncommitter L\u00e9o <k@x> 2 +0000\n\n\u00e9t\u00e9\n",
		},
		"name in no encoding": {
			head + "author J\xe9 <latin@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
			head + "author J\xe9 <latin@new.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
		},
		"hostile answer": {
			head + "author X <x@old.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
			head + "author Xauthor E <x@new.example> 1 +0000\ncommitter Kim <kim@x> 2 +0000\n\nm\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := &editor{trailers: true, people: newPeople(&asker{people: func(a schema.Author) (string, string) {
				switch a.Email {
				case "leo@old.example":
					if a.Name == "L\u00e9o" {
						return "L\u00e9on", ""
					}
				case "ji@old.example":
					return "Ji\u0159\u00ed", ""
				case "latin@old.example":
					return "", "latin@new.example"
				case "x@old.example":
					return "X\nauthor E", "<x@new.example>\x00"
				}
				return renameJo(a)
			}})}
			got, _ := e.commit([]byte(tt.data), renames{})
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzEditor edits anything as a commit and as a tag: with nobody mapped it
// stays, and otherwise only people change.
func FuzzEditor(f *testing.F) {
	f.Add([]byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor Jo <jo@x> 1 +0000\nencoding ISO-8859-2\ngpgsig a\n b\n\nm abcdef1\n"))
	f.Add([]byte("object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntagger Jo <jo@x> 1 +0000\n\nm\n-----BEGIN PGP SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		same := &editor{trailers: true, people: newPeople(&asker{people: func(a schema.Author) (string, string) { return a.Name, a.Email }})}
		keep := renames{object: func(id gitID) gitID { return id }, mention: func([]byte) []byte { return nil }}
		if edited, _ := same.commit(data, keep); edited != nil {
			t.Fatalf("commit changed without a reason: %q", edited)
		}
		if edited, _ := same.tag(data, keep); edited != nil {
			t.Fatalf("tag changed without a reason: %q", edited)
		}
		other := &editor{trailers: true, people: newPeople(&asker{people: func(a schema.Author) (string, string) { return "N", "n@new.example" }})}
		if edited, _ := other.commit(data, keep); edited != nil {
			if again, _ := other.commit(edited, keep); again != nil {
				t.Fatalf("a second edit changed %q to %q", edited, again)
			}
		}
		parseLinks(data, nil)
		parseTag(data)
	})
}
