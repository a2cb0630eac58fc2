package forgetarget

import (
	"fmt"
	"strings"
)

// component bounds the parts of our own ref names: they are names of files at
// the server.
const component = 200

// EncodeName makes any text a part of a ref name that can be read back.
func EncodeName(text string) string {
	var b strings.Builder
	length := 0
	for i := range len(text) {
		c := text[i]
		part := string(c)
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			part = fmt.Sprintf("%%%02X", c)
		}
		if length+len(part) > component {
			b.WriteByte('/')
			length = 0
		}
		b.WriteString(part)
		length += len(part)
	}
	return b.String()
}

// DecodeName reads what EncodeName made. It is false for anything else.
func DecodeName(name string) (string, bool) {
	var b strings.Builder
	flat := strings.ReplaceAll(name, "/", "")
	for i := 0; i < len(flat); i++ {
		if flat[i] != '%' {
			b.WriteByte(flat[i])
			continue
		}
		var c byte
		if i+2 >= len(flat) {
			return "", false
		}
		if _, err := fmt.Sscanf(flat[i+1:i+3], "%02X", &c); err != nil {
			return "", false
		}
		b.WriteByte(c)
		i += 2
	}
	text := b.String()
	return text, EncodeName(text) == name
}
