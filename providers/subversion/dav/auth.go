package dav

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// credentials answer a server that asks who we are.
type credentials struct {
	username, password string

	mu    sync.Mutex
	asked *challenge // the last one; nil: the server has not asked
	count uint32     // of uses of its nonce
}

// authorize adds to a request what the server wants to know, and returns the
// challenge that this answers. With unasked, something is added even if the
// server has not asked.
func (c *credentials) authorize(r *http.Request, unasked bool) *challenge {
	if c.username == "" {
		return nil
	}
	c.mu.Lock()
	asked := c.asked
	c.count++
	count := c.count
	c.mu.Unlock()
	switch {
	case asked != nil && asked.digest != nil:
		r.Header.Set("Authorization", asked.answer(c.username, c.password, r.Method, r.URL.RequestURI(), count, nonce()))
	case asked != nil || unasked:
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.username+":"+c.password)))
	}
	return asked
}

// accept takes the challenges of an answer to a request that was sent with the
// answer to before. It reports whether asking again makes sense.
func (c *credentials) accept(h http.Header, before *challenge, sent bool) bool {
	next := strongest(h)
	if c.username == "" || next == nil {
		return false
	}
	refused := sent && (before == nil && next.digest == nil || before != nil && !next.stale)
	if refused {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.count = next, 0
	return true
}

// nonce returns a random client nonce.
func nonce() string { return rand.Text() }

// challenge is what a server wants to know.
type challenge struct {
	realm string

	digest  func() hash.Hash // nil: Basic
	name    string           // of the algorithm, as the server writes it
	session bool             // the key depends on the nonces
	nonce   string
	opaque  string
	quality bool // "auth" is offered; servers of the 1990s do not
	stale   bool // only the nonce is too old
}

// strongest returns the challenge that shows least of the password, or nil if
// none is known.
func strongest(h http.Header) *challenge {
	var best *challenge
	rank := func(c *challenge) int {
		switch {
		case c == nil:
			return 0
		case c.digest == nil:
			return 1
		case strings.HasPrefix(strings.ToUpper(c.name), "SHA-256"):
			return 3
		}
		return 2
	}
	for _, value := range h.Values("WWW-Authenticate") {
		for _, one := range splitChallenges(value) {
			if c := readChallenge(one); rank(c) > rank(best) {
				best = c
			}
		}
	}
	return best
}

// readChallenge returns nil for what is not known.
func readChallenge(c scheme) *challenge {
	out := &challenge{realm: c.params["realm"]}
	switch strings.ToLower(c.name) {
	case "basic":
		return out
	case "digest":
	default:
		return nil
	}
	out.name, out.nonce, out.opaque = c.params["algorithm"], c.params["nonce"], c.params["opaque"]
	out.stale = strings.EqualFold(c.params["stale"], "true")
	algorithm, session := strings.CutSuffix(strings.ToUpper(out.name), "-SESS")
	out.session = session
	switch algorithm {
	case "", "MD5":
		out.digest = md5.New
	case "SHA-256":
		out.digest = sha256.New
	default:
		return nil
	}
	if qop, ok := c.params["qop"]; ok {
		for option := range strings.SplitSeq(qop, ",") {
			out.quality = out.quality || strings.EqualFold(strings.TrimSpace(option), "auth")
		}
		if !out.quality {
			return nil
		}
	}
	return out
}

// answer is the Authorization header for a request.
//
// https://www.rfc-editor.org/rfc/rfc7616
func (c *challenge) answer(username, password, method, uri string, count uint32, cnonce string) string {
	h := func(parts ...string) string {
		sum := c.digest()
		sum.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum.Sum(nil))
	}
	key := h(username, c.realm, password)
	if c.session {
		key = h(key, c.nonce, cnonce)
	}
	nc := fmt.Sprintf("%08x", count)
	response := h(key, c.nonce, h(method, uri))
	if c.quality {
		response = h(key, c.nonce, nc, cnonce, "auth", h(method, uri))
	}
	fields := []string{"username=" + quote(username), "realm=" + quote(c.realm), "nonce=" + quote(c.nonce), "uri=" + quote(uri), "response=" + quote(response)}
	if c.name != "" {
		fields = append(fields, "algorithm="+c.name)
	}
	if c.opaque != "" {
		fields = append(fields, "opaque="+quote(c.opaque))
	}
	if c.quality {
		fields = append(fields, "qop=auth", "nc="+nc)
	}
	if c.quality || c.session {
		fields = append(fields, "cnonce="+quote(cnonce))
	}
	return "Digest " + strings.Join(fields, ", ")
}

// quote writes a quoted string of HTTP.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// scheme is a challenge as it stands in the header.
type scheme struct {
	name   string
	params map[string]string // names in lower case
}

// splitChallenges takes a WWW-Authenticate header apart, in which commas
// divide both challenges and their parameters.
func splitChallenges(value string) []scheme {
	var all []scheme
	for value = strings.TrimLeft(value, " \t,"); value != ""; value = strings.TrimLeft(value, " \t,") {
		n := strings.IndexFunc(value, func(r rune) bool { return !isToken(r) })
		if n < 0 {
			n = len(value)
		}
		if n == 0 {
			return all
		}
		word := value[:n]
		rest := strings.TrimLeft(value[n:], " \t")
		if !strings.HasPrefix(rest, "=") {
			all = append(all, scheme{word, map[string]string{}})
			value = rest
			continue
		}
		var param string
		param, value = paramValue(strings.TrimLeft(rest[1:], " \t"))
		if len(all) > 0 {
			all[len(all)-1].params[strings.ToLower(word)] = param
		}
	}
	return all
}

// paramValue reads a token or quoted string.
func paramValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		n := strings.IndexAny(s, ", \t")
		if n < 0 {
			n = len(s)
		}
		return s[:n], s[n:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

func isToken(r rune) bool {
	return r > ' ' && r < 0x7f && !slices.Contains([]rune(`"(),/:;<=>?@[\]{}`), r)
}
