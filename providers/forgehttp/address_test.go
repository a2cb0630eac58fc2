package forgehttp

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestAddress(t *testing.T) {
	address := Address{Attribute: "url", Example: "https://git.example.org", Secret: "token", API: "/api/v1"}
	tests := []struct{ raw, want, says string }{
		{raw: "https://git.example.org", want: "https://git.example.org"},
		{raw: "http://git.example.org:3000//", want: "http://git.example.org:3000"},
		{raw: "https://example.org/git/api/v1/", want: "https://example.org/git"},
		{raw: "https://example.org/api/v1/swagger", want: "https://example.org"},
		{raw: "https://example.org/api/v10", want: "https://example.org/api/v10"},
		{raw: "git.example.org", says: "does not begin with"},
		{raw: "ssh://git.example.org", says: "does not begin with"},
		{raw: "https:///acme", says: "does not begin with"},
		{raw: "https://me:s3cret@git.example.org", says: "they belong into token"},
		{raw: "https://git.example.org?a=b", says: "a query or a fragment"},
		{raw: "https://git.example.org#a", says: "a query or a fragment"},
		{raw: "https://me:s3cret@git.example.org/%zz", says: "not a URL"},
	}
	for _, test := range tests {
		got, err := address.Check(test.raw)
		if got != test.want || (err == nil) != (test.says == "") {
			t.Errorf("%s becomes %q, %v; want %q", test.raw, got, err, test.want)
			continue
		}
		if e := providers.AsError(err); e != nil && (e.Attribute != "url" || !strings.Contains(e.Message, test.says) || strings.Contains(e.Error()+e.Hint, "s3cret")) {
			t.Errorf("%s is refused with %v; want %q", test.raw, err, test.says)
		}
	}
	if got, err := (Address{}).Check("https://example.org/git/"); got != "https://example.org/git" {
		t.Errorf("without an interface: %q, %v", got, err)
	}
}

func TestPath(t *testing.T) {
	got, err := Path("/api", "acme/x", 7, "a b")
	if want := "/api/acme%2Fx/7/a%20b"; got != want || err != nil {
		t.Errorf("the path is %q, %v; want %q", got, err, want)
	}
	for _, name := range []string{"", ".", ".."} {
		if got, err := Path("/api", name); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%q gives %q, %v", name, got, err)
		}
	}
}
