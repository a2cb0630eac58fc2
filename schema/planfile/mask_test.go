package planfile

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The credentials here are put together, so that no scanner of repositories
// takes them for real ones.
func TestMaskTokens(t *testing.T) {
	const body = "abcdEFGH0123456789ab"
	tests := []struct{ line, secret string }{
		{`x = "ghp_` + body + `"`, "ghp_" + body},
		{`x = "my_gho_` + body + `"`, "gho_" + body},
		{`x = "github_pat_11A_` + body + `"`, "github_pat_11A_" + body},
		{`x = "glpat-` + body + `"`, "glpat-" + body},
		{`x = "ATATT3xFf` + body + `=1A"`, "ATATT3xFf" + body + "=1A"},
		{`x = "ATBB` + body + `"`, "ATBB" + body},
		{`x = "BBDC-` + body + `"`, "BBDC-" + body},
		{`x = "xoxb-` + body + `"`, "xoxb-" + body},
		{`x = "AKIA` + "ABCDEFGH01234567" + `"`, "AKIA" + "ABCDEFGH01234567"},
		{`x = "eyJ` + body + `.` + body + `.` + body + `"`, "eyJ" + body + "." + body + "." + body},
		{`x = "AGE-SECRET-KEY-1` + strings.ToUpper(body) + `"`, "AGE-SECRET-KEY-1" + strings.ToUpper(body)},
		{`Authorization: Bearer ` + body, body},
		{`header = "basic dXNlcjpw4XNz=="`, "dXNlcjpw4XNz=="},
		{`vcs_url = "https://mona:pa@ss@git.example/x.git"`, "mona:pa@ss"},
		{`personal_access_token = "hunter2"`, "hunter2"},
		{`  "vcs_password": "pä\"ss",`, `pä\"ss`},
		{`api_key="hunter2" # ""`, "hunter2"},
	}
	for _, test := range tests {
		want := strings.Replace(test.line, test.secret, strings.Repeat("*", utf8.RuneCountInString(test.secret)), 1)
		if diff := cmp.Diff(want, maskTokens(test.line)); diff != "" {
			t.Errorf("maskTokens(%q) (-want +got):\n%s", test.line, diff)
		}
	}
}

func TestMaskTokensLeavesTheRest(t *testing.T) {
	for _, line := range []string{
		``,
		`personal_access_token = secret.github`,
		`"personal_access_token": "${secret.github}"`,
		`vcs_url = "https://git@git.example:8080/acme/x.git"`,
		`vcs_url = "https://git.example/a:b@c"`,
		`from = repository.web["acme/site"]`,
		`The basic authentication of the server is refused.`,
		`secret "github" { env = "ACME_GITHUB_TOKEN" }`,
		`file = "secrets/tfs-password"`,
	} {
		if diff := cmp.Diff(line, maskTokens(line)); diff != "" {
			t.Errorf("maskTokens (-want +got):\n%s", diff)
		}
	}
}

func FuzzMaskTokens(f *testing.F) {
	f.Add("x = \"ghp_abcdEFGH0123456789ab\" https://a:b@c")
	f.Fuzz(func(t *testing.T, line string) {
		masked := maskTokens(line)
		if a, b := utf8.RuneCountInString(line), utf8.RuneCountInString(masked); a != b {
			t.Errorf("%d characters became %d", a, b)
		}
		if again := maskTokens(masked); again != masked {
			t.Errorf("%q was masked again to %q", masked, again)
		}
	})
}
