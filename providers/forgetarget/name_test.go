package forgetarget

import (
	"strings"
	"testing"
)

func TestFileName(t *testing.T) {
	tests := []struct{ name, want string }{
		{"a.txt", "a.txt"},
		{`..\..\a.txt`, "a.txt"},
		{"/etc/passwd", "passwd"},
		{"..", "file"},
		{"", "file"},
		{"/", "file"},
		{"a\nb\x00", "a_b_"},
		{"\xff.bin", "_.bin"},
		{strings.Repeat("ä", 300), strings.Repeat("ä", 127)},
	}
	for _, test := range tests {
		if got := FileName(test.name); got != test.want {
			t.Errorf("%.40q becomes %.40q; want %.40q", test.name, got, test.want)
		}
	}
}
