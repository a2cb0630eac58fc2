package wire

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strings"
)

// signer adds credentials to requests, once a server has asked for them.
type signer struct {
	username, password string

	basic  bool
	digest *digest
}

// sign adds credentials, if the server wants them, and reports whether it did.
func (s *signer) sign(r *http.Request) bool {
	switch {
	case s.digest != nil:
		r.Header.Set("Authorization", s.digest.answer(s.username, s.password, r.Method, r.URL.RequestURI()))
	case s.basic:
		r.SetBasicAuth(s.username, s.password)
	default:
		return false
	}
	return true
}

// challenge takes from a refusal how the server wants its credentials. It
// reports whether another try makes sense.
func (s *signer) challenge(h http.Header) bool {
	if s.username == "" && s.password == "" {
		return false
	}
	asked := s.basic || s.digest != nil
	var renewed bool // a nonce ends after a time that the server chooses
	s.basic, s.digest = false, nil
	for _, value := range h.Values("WWW-Authenticate") {
		scheme, params, _ := strings.Cut(strings.TrimSpace(value), " ")
		switch strings.ToLower(scheme) {
		case "digest":
			if d, ok := parseDigest(params); ok && s.digest == nil {
				s.digest = d
				renewed = d.stale
			}
		case "basic":
			s.basic = true
		}
	}
	return (s.basic || s.digest != nil) && (!asked || renewed)
}

// digest is a challenge of the Digest scheme (RFC 7616), which proves that one
// knows a password without sending it.
type digest struct {
	realm, nonce, opaque string
	algorithm            string // as the server writes it
	hash                 func() hash.Hash
	session              bool
	quality              bool // qop=auth; otherwise as in RFC 2069
	stale                bool
	count                int
}

func parseDigest(params string) (*digest, bool) {
	values := parseParams(params)
	d := &digest{realm: values["realm"], nonce: values["nonce"], opaque: values["opaque"], algorithm: values["algorithm"]}
	d.stale = strings.EqualFold(values["stale"], "true")
	name, session := strings.CutSuffix(strings.ToUpper(d.algorithm), "-SESS")
	d.session = session
	switch name {
	case "", "MD5":
		d.hash = md5.New
	case "SHA-256":
		d.hash = sha256.New
	default:
		return nil, false
	}
	if qop := values["qop"]; qop != "" {
		for word := range strings.SplitSeq(qop, ",") {
			d.quality = d.quality || strings.TrimSpace(word) == "auth"
		}
		if !d.quality {
			return nil, false
		}
	}
	return d, d.nonce != ""
}

// parseParams reads NAME=VALUE and NAME="VALUE", with commas between them.
func parseParams(s string) map[string]string {
	values := map[string]string{}
	for s != "" {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		name = strings.ToLower(strings.Trim(name, " ,"))
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			values[name], s = unquote(quoted)
			continue
		}
		values[name], s, _ = strings.Cut(rest, ",")
		values[name] = strings.TrimSpace(values[name])
	}
	return values
}

// unquote reads up to the closing quote and returns what follows.
func unquote(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			if i++; i == len(s) {
				return b.String(), ""
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// answer returns the Authorization header of a request.
func (d *digest) answer(username, password, method, uri string) string {
	d.count++
	count := fmt.Sprintf("%08x", d.count)
	nonce := rand.Text()
	ha1 := d.sum(username, d.realm, password)
	if d.session {
		ha1 = d.sum(ha1, d.nonce, nonce)
	}
	ha2 := d.sum(method, uri)
	response := d.sum(ha1, d.nonce, ha2)
	if d.quality {
		response = d.sum(ha1, d.nonce, count, nonce, "auth", ha2)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%q", quote(username), quote(d.realm), quote(d.nonce), quote(uri), response)
	if d.algorithm != "" {
		fmt.Fprintf(&b, ", algorithm=%s", d.algorithm)
	}
	if d.opaque != "" {
		fmt.Fprintf(&b, ", opaque=%s", quote(d.opaque))
	}
	if d.quality || d.session {
		fmt.Fprintf(&b, ", qop=auth, nc=%s, cnonce=%q", count, nonce)
	}
	return b.String()
}

func (d *digest) sum(words ...string) string {
	h := d.hash()
	h.Write([]byte(strings.Join(words, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// quote makes s a quoted string of a header.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
