package conversion

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of the names that RefName makes: files of loose refs are called so.
const (
	maxRefPart  = 200 // of what is between slashes
	maxRefName  = 800
	keptRefPart = 120 // of one that is too long
	keptRefName = 600
)

// RefName returns the ref in a namespace such as "refs/heads/" for a branch or
// tag of another system. What git refuses in a ref, and what makes trouble as
// the name of a branch, is percent-encoded byte by byte, and "%" is too:
//
//   - control characters, spaces, bytes that are not UTF-8 and ~ ^ : ? * [ \
//   - the second dot of "..", the brace of "@{"
//   - a dot at the start of a part or at the end of the name, that of ".lock"
//     at the end of a part
//   - a slash beside another one, or at an end of the name
//   - the first byte of a name that begins with "-" or "refs/", is "@" or
//     "HEAD", or is 40 or 64 hexadecimal digits
//
// So different names have different refs, and decoding a ref gives the name.
// Only of names too long for a file the end is replaced by "%-" and a part of
// their SHA-256. The empty name becomes "%".
func RefName(namespace, name string) string { return namespace + encodeRef(name, nil) }

// RefNames returns the refs of several names. Of names such as "x" and "x/y",
// which git cannot hold beside each other, the shorter is kept and in the
// longer the slash between them is encoded too. The refs depend on the set of
// the names and on nothing else.
func RefNames(namespace string, names []string) map[string]string {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	refs := make(map[string]string, len(set))
	for name := range set {
		refs[name] = namespace + encodeRef(name, func(dir string) bool { return set[dir] })
	}
	return refs
}

// encodeRef encodes a name. A slash after which taken says that what is
// before it is a ref of its own is encoded.
func encodeRef(name string, taken func(dir string) bool) string {
	if name == "" {
		return "%"
	}
	var b strings.Builder
	first := awkward(name)
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case i == 0 && first, r == utf8.RuneError && size == 1, isControl(r), refuses(name, i),
			r == '/' && taken != nil && taken(name[:i]):
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return shortenRef(b.String())
}

// awkward reports whether a name as a whole is one that git or a forge does
// not take for a branch.
func awkward(name string) bool {
	if name[0] == '-' || name == "@" || name == "HEAD" || strings.HasPrefix(name, "refs/") {
		return true
	}
	return (len(name) == 40 || len(name) == 64) && strings.Trim(name, "0123456789abcdefABCDEF") == ""
}

// refuses reports whether git-check-ref-format(1) is against the byte at i.
func refuses(name string, i int) bool {
	before, after := byte('/'), name[i+1:]
	if i > 0 {
		before = name[i-1]
	}
	switch c := name[i]; c {
	case ' ', '~', '^', ':', '?', '*', '[', '\\', '%':
		return true
	case '/':
		return before == '/' || after == ""
	case '.':
		return before == '.' || before == '/' || after == "" ||
			after == "lock" || strings.HasPrefix(after, "lock/")
	case '{':
		return before == '@'
	}
	return false
}

// shortenRef bounds the parts and the whole of an encoded name.
func shortenRef(encoded string) string {
	if len(encoded) <= maxRefPart {
		return encoded
	}
	parts := strings.Split(encoded, "/")
	for i, part := range parts {
		if len(part) > maxRefPart {
			parts[i] = cutRef(part, keptRefPart, part)
		}
	}
	if short := strings.Join(parts, "/"); len(short) <= maxRefName {
		return short
	}
	return cutRef(strings.Join(parts, "/"), keptRefName, encoded)
}

// cutRef keeps the start of an encoded name and adds a digest of all of it.
func cutRef(encoded string, keep int, all string) string {
	// Neither a character nor the escapes of one may be cut.
	for keep > 0 && !utf8.RuneStart(encoded[keep]) {
		keep--
	}
	kept := encoded[:keep]
	if i := strings.LastIndexByte(kept, '%'); i >= 0 && i > keep-3 {
		kept = kept[:i]
	}
	sum := sha256.Sum256([]byte(all))
	return strings.TrimRight(kept, "/.@") + "%-" + hex.EncodeToString(sum[:16])
}
