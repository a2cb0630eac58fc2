package forgetarget

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

func FuzzEncodeName(f *testing.F) {
	f.Add("github:1234")
	f.Add(strings.Repeat("/", 600))
	f.Add("..@{.lock")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		name := EncodeName(text)
		if back, ok := DecodeName(name); !ok || back != text {
			t.Fatalf("%q becomes %q and comes back as %q, %v", text, name, back, ok)
		}
		if text == "" {
			return
		}
		if err := gitrepo.CheckRefName("refs/drover/" + name); err != nil {
			t.Fatalf("%q becomes %q: %v", text, name, err)
		}
		for part := range strings.SplitSeq(name, "/") {
			if len(part) > component {
				t.Fatalf("%q has a part of %d bytes", name, len(part))
			}
		}
	})
}
