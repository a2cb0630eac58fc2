package gitrepo

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		stderr string
		kind   ErrorKind
		line   string // part of the line chosen
	}{
		{"fatal: Authentication failed for 'https://example.org/'\n", Auth, "Authentication failed"},
		{"fatal: could not read Username for 'https://example.org': terminal prompts disabled\n", Auth, "Username"},
		{"git@example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.\n", Auth, "publickey"},
		{"Host key verification failed.\nfatal: Could not read from remote repository.\n", Auth, "Host key"},
		{"fatal: unable to access 'https://example.org/': The requested URL returned error: 403\n", Auth, "403"},
		{"remote: Repository not found.\nfatal: repository 'https://example.org/a/' not found\n", NotFound, "fatal: repository"},
		{"ERROR: Repository not found.\nfatal: Could not read from remote repository.\n", NotFound, "ERROR: Repository"},
		{"remote: ERROR: The project you were looking for could not be found\nfatal: Could not read from remote repository.\n", NotFound, "project"},
		{"fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n", NotFound, "appear"},
		{"fatal: unable to access 'https://example.org/': Could not resolve host: example.org\n", Unreachable, "resolve"},
		{"fatal: unable to access 'https://example.org/': The requested URL returned error: 503\n", Unreachable, "503"},
		{"fatal: unable to access 'https://example.org/': SSL certificate problem: self-signed certificate\n", Unreachable, "certificate"},
		{"error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output\n", Unreachable, ""},
		{"ssh: connect to host example.org port 22: Connection refused\nfatal: Could not read from remote repository.\n", Unreachable, "refused"},
		{"fatal: transport 'ext' not allowed\n", Refused, "ext"},
		{"fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'\n", Refused, "exists"},
		{"fatal: pack has bad object at offset 12: inflate returned -3\n", Corrupt, "bad object"},
		{"error: Could not read abc\nfatal: bad object abc\n", Corrupt, "bad object"},
		{"fatal: write error: No space left on device\nfatal: early EOF\n", NoSpace, "space"},
		{"remote: no space left on device\nfatal: the remote end hung up unexpectedly\n", Unreachable, "hung up"}, // theirs, not ours
		{"warning: hm\nerror: second\nfatal: first\n", Failed, "fatal: first"},
		{"", Failed, ""},
	} {
		kind, line := classify(test.stderr)
		if kind != test.kind || !strings.Contains(line, test.line) {
			t.Errorf("classify(%q) = %s, %q; want %s and %q", test.stderr, kind, line, test.kind, test.line)
		}
	}
}

func TestPlain(t *testing.T) {
	for line, want := range map[string]string{
		"fatal: it failed.":                                 "it failed",
		"a\x1b[31mb\x00c\u202ed\u200b":                      "a[31mbcd",
		"to https://me:pw@example.org/a?x=1 and ssh://u@h/": "to https://example.org/a?x=1 and ssh://h/",
		"token p%40ss p@ss in words":                        "token *** *** in words",
		"bad \xff utf8":                                     "bad ? utf8",
		strings.Repeat("long ", 200):                        strings.Repeat("long ", 80) + "...",
	} {
		if got := plain(line, "p@ss", ""); got != want {
			t.Errorf("plain(%q) = %q, want %q", line, got, want)
		}
	}
}
