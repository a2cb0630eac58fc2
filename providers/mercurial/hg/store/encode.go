package store

import (
	"crypto/sha1"
	"encoding/hex"
	"path"
	"strings"
)

// encoding is how a store names the file of a log. There are four, each
// younger than the one before.
type encoding int

const (
	encodeFolders encoding = iota // before stores: only folders are renamed that could be logs
	encodeCase                    // "store": no capitals, no characters that some systems refuse
	encodeLong                    // "fncache": also no reserved names and no long paths
	encodeDots                    // "dotencode": also no leading dots and spaces
)

const (
	maxStorePath  = 120
	dirPrefix     = 8
	maxShortDirs  = 8*(dirPrefix+1) - 4
	hexDigits     = "0123456789abcdef"
	winReserved   = `\:*?"<>|`
	reservedNames = " aux con prn nul "
)

// encode returns the name, below the store, of what is called name, such as
// "data/a/B.i".
func (e encoding) encode(name string) string {
	name = encodeFolderNames(name)
	switch e {
	case encodeFolders:
		return name
	case encodeCase:
		return escape(name, true)
	}
	parts := strings.Split(escape(name, true), "/")
	e.avoidReserved(parts)
	if encoded := strings.Join(parts, "/"); len(encoded) <= maxStorePath {
		return encoded
	}
	return e.hashed(name)
}

// encodeFolderNames keeps a folder "a.i" apart from the log of a file "a".
func encodeFolderNames(name string) string {
	if !strings.Contains(name, ".hg/") && !strings.Contains(name, ".i/") && !strings.Contains(name, ".d/") {
		return name
	}
	return strings.NewReplacer(".hg/", ".hg.hg/", ".i/", ".i.hg/", ".d/", ".d.hg/").Replace(name)
}

// decodeFolderNames undoes encodeFolderNames.
func decodeFolderNames(name string) string {
	if !strings.Contains(name, ".hg/") {
		return name
	}
	return strings.NewReplacer(".d.hg/", ".d/", ".i.hg/", ".i/", ".hg.hg/", ".hg/").Replace(name)
}

// escape replaces what file systems do not take. Capitals become "_x" or, when
// it need not be undone, "x".
func escape(name string, reversible bool) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c < 32 || c >= 126 || strings.IndexByte(winReserved, c) >= 0:
			b.WriteString(hexed(c))
		case c >= 'A' && c <= 'Z':
			if reversible {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		case c == '_' && reversible:
			b.WriteString("__")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func hexed(c byte) string { return string([]byte{'~', hexDigits[c>>4], hexDigits[c&15]}) }

// avoidReserved changes parts of a path that Windows does not take.
func (e encoding) avoidReserved(parts []string) {
	for i, n := range parts {
		if n == "" {
			continue
		}
		if e == encodeDots && (n[0] == '.' || n[0] == ' ') {
			n = hexed(n[0]) + n[1:]
		} else {
			stem, _, _ := strings.Cut(n, ".")
			if reserved(stem) {
				n = n[:2] + hexed(n[2]) + n[3:]
			}
		}
		if last := n[len(n)-1]; last == '.' || last == ' ' {
			n = n[:len(n)-1] + hexed(last)
		}
		parts[i] = n
	}
}

func reserved(stem string) bool {
	switch len(stem) {
	case 3:
		return strings.Contains(reservedNames, " "+stem+" ")
	case 4:
		return (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '1' && stem[3] <= '9'
	}
	return false
}

// hashed is the name of what would be too long otherwise. The checksum makes
// it unique; the rest is for people.
func (e encoding) hashed(name string) string {
	sum := sha1.Sum([]byte(name))
	digest := hex.EncodeToString(sum[:])
	_, below, _ := strings.Cut(name, "/") // without data/
	parts := strings.Split(escape(below, false), "/")
	e.avoidReserved(parts)
	base := parts[len(parts)-1]
	dirs := ""
	for _, p := range parts[:len(parts)-1] {
		if p == "" {
			continue
		}
		p = p[:min(len(p), dirPrefix)]
		if last := p[len(p)-1]; last == '.' || last == ' ' {
			p = p[:len(p)-1] + "_"
		}
		if dirs != "" && len(dirs)+len(p) > maxShortDirs {
			break
		}
		dirs += p + "/"
	}
	ext := path.Ext(base)
	if strings.Trim(base, ".") == strings.TrimPrefix(ext, ".") { // as Python has it, a name of dots and one word has none
		ext = ""
	}
	room := max(maxStorePath-len("dh/")-len(dirs)-len(digest)-len(ext), 0)
	return "dh/" + dirs + base[:min(len(base), room)] + digest + ext
}

// unescape undoes the reversible escape. What escape does not write stays.
func unescape(name string) string {
	if !strings.ContainsAny(name, "_~") {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '_' && i+1 < len(name) && name[i+1] == '_':
			b.WriteByte('_')
			i++
		case c == '_' && i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z':
			b.WriteByte(name[i+1] - 'a' + 'A')
			i++
		case c == '~' && i+2 < len(name) && isHex(name[i+1:i+3]):
			value, _ := hex.DecodeString(name[i+1 : i+3]) // checked just now
			b.Write(value)
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(s string) bool { return strings.Trim(s, hexDigits) == "" }
