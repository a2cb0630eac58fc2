package threads

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNameOf(t *testing.T) {
	for _, test := range []struct{ name, content, want string }{
		{"lamp.png", "not a picture", "lamp.png"},
		{"0a1b2c3d-0000-4000-8000-000000000001", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "0a1b2c3d-0000-4000-8000-000000000001.png"},
		{"tower", "\xff\xd8\xff\xe0jpeg", "tower.jpg"},
		{"old", "GIF89a", "old.gif"},
		{"log", "dark\nlight\n", "log.txt"},
		{"log", "", "log.txt"},
		{"what", "\x00\x01\x02\x03", "what"},
		{".hidden", "%PDF-1.4\n", ".hidden.pdf"},
		{"../../etc/passwd", "x", ".._.._etc_passwd"},
	} {
		path := filepath.Join(t.TempDir(), "content")
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := nameOf(test.name, path); err != nil || got != test.want {
			t.Errorf("nameOf(%q) = %q, %v; want %q", test.name, got, err, test.want)
		}
	}
	if _, err := nameOf("log", filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a file that is not there has a name")
	}
}
