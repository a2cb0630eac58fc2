package giteatest

import "testing"

func TestPageNames(t *testing.T) {
	for _, test := range []struct{ title, path, file string }{
		{"Home", "Home", "Home.md"},
		{"Home Page", "Home-Page", "Home-Page.md"},
		{"100% Free", "100%25-Free", "100%25-Free.md"},
		{"2000-01-02 meeting", "2000-01-02+meeting.-", "2000-01-02 meeting.-.md"},
		{"drover-placeholder", "drover-placeholder.-", "drover-placeholder.-.md"},
		{"a/b", "a%2Fb", "a%2Fb.md"},
	} {
		if got := webPath(test.title); got != test.path {
			t.Errorf("webPath(%q) = %q, want %q", test.title, got, test.path)
		}
		if got := pageFile(test.title); got != test.file {
			t.Errorf("pageFile(%q) = %q, want %q", test.title, got, test.file)
		}
		if got := pageTitle(test.file); got != test.title {
			t.Errorf("pageTitle(%q) = %q, want %q", test.file, got, test.title)
		}
	}
}
