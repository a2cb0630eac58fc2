package fsfs

import (
	"bytes"
	"strconv"
)

// parseHash reads properties as Subversion dumps them: "K LENGTH", the name,
// "V LENGTH", the value, and END after the last.
func parseHash(raw []byte) (map[string][]byte, error) {
	props := map[string][]byte{}
	for {
		if rest, ok := bytes.CutPrefix(raw, []byte("END")); ok && (len(rest) == 0 || rest[0] == '\n') {
			return props, nil
		}
		name, rest, ok := cutCounted(raw, 'K')
		if !ok {
			return nil, damaged("a list of properties")
		}
		value, rest, ok := cutCounted(rest, 'V')
		if !ok {
			return nil, damaged("a list of properties")
		}
		props[string(name)] = bytes.Clone(value)
		raw = rest
	}
}

func cutCounted(raw []byte, verb byte) (value, rest []byte, ok bool) {
	line, rest, ok := bytes.Cut(raw, []byte("\n"))
	if !ok || len(line) < 3 || line[0] != verb || line[1] != ' ' {
		return nil, nil, false
	}
	n, err := strconv.Atoi(string(line[2:]))
	if err != nil || n < 0 || n >= len(rest) || rest[n] != '\n' {
		return nil, nil, false
	}
	return rest[:n], rest[n+1:], true
}
