package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"
)

// Digest is the SHA-256 of v's JSON, as "sha256:HEX". Values that are equal
// have equal digests, because encoding/json writes maps in order of their
// keys. It panics when v cannot be JSON, which is a mistake in the program.
func Digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("schema: digest of a value that is not JSON: " + err.Error())
	}
	return DigestBytes(b)
}

// DigestBytes is the SHA-256 of b, as "sha256:HEX".
func DigestBytes(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// DigestRefs is the digest of a set of refs. Empty sets have the empty digest.
func DigestRefs(refs map[string]string) string {
	if len(refs) == 0 {
		return ""
	}
	names := make([]string, 0, len(refs))
	for name := range refs {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		h.Write([]byte(refs[name] + " " + name + "\n"))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
