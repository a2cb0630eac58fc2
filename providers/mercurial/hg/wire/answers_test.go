package wire

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// FuzzAnswers reads any answer of a server.
func FuzzAnswers(f *testing.F) {
	f.Add("0123456789abcdef0123456789abcdef01234567 0000000000000000000000000000000000000000\n")
	f.Add("here\t0123456789abcdef0123456789abcdef01234567\npublishing\tTrue\n")
	f.Add("a:c:o:s:e;b")
	f.Add("12\ntwelve bytes")
	f.Fuzz(func(t *testing.T, answer string) {
		if nodes, err := parseNodes(answer); err == nil {
			for _, n := range nodes {
				if n == (hg.Node{}) {
					t.Fatal("the null node is no head")
				}
			}
		}
		parseKeys(answer)
		if got := unescape(escape(answer)); got != answer {
			t.Fatalf("%q became %q", answer, got)
		}
		r := strings.NewReader(answer)
		if size, err := readSize(r); err == nil && size < 0 {
			t.Fatalf("a size of %d", size)
		}
	})
}

// FuzzChallenge reads any challenge, and answers it.
func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="a \"realm\"", nonce="abc", qop="auth,auth-int", algorithm=SHA-256-sess, opaque="x", stale=true`)
	f.Add(`Basic realm="a"`)
	f.Fuzz(func(t *testing.T, challenge string) {
		s := &signer{username: "ada", password: "love\r\nlace"}
		if !s.challenge(http.Header{"Www-Authenticate": {challenge}}) {
			return
		}
		r, err := http.NewRequest(http.MethodGet, "http://hg.example.org/?cmd=heads", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.sign(r)
		if answer := r.Header.Get("Authorization"); strings.Contains(answer, "lace") {
			t.Fatalf("the password is in %q", answer)
		}
	})
}

// FuzzShell reads any output of an ssh session.
func FuzzShell(f *testing.F) {
	f.Add([]byte("welcome\n16\ncapabilities: x\n1\n\n3\nabc"))
	f.Fuzz(func(t *testing.T, out []byte) {
		s := &shell{in: discard{}, out: newReader(bytes.NewReader(out))}
		if _, err := s.greet(); err != nil {
			return
		}
		if answer, err := s.answer(request{command: "heads"}); err == nil && len(answer) > len(out) {
			t.Fatalf("%d bytes of %d", len(answer), len(out))
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
