package forgetarget

import (
	"path"
	"strings"
)

// Clip cuts text to so many bytes, between characters.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// FileName is what a file may be called: a label, never a path.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
	if name == "." || name == "/" || name == ".." {
		return "file"
	}
	return Clip(name, maxFileName)
}

const maxFileName = 255
