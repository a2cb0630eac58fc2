package forgegit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestNewTransport(t *testing.T) {
	text := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, filepath.Join(t.TempDir(), "missing")} {
		_, err := forgegit.NewTransport(file)
		if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || e.Attribute != "ca_file" || e.Hint == "" {
			t.Errorf("%s: %+v", file, e)
		}
	}
	if large, err := forgegit.NewTransport(""); err != nil || large == nil {
		t.Errorf("without a file: %v, %v", large, err)
	}
}

func TestDescribe(t *testing.T) {
	code := gitrepo.Refs{Names: map[string]string{"refs/heads/main": "1"}, Head: "refs/heads/main", ObjectFormat: "sha1"}
	for name, test := range map[string]struct {
		wiki gitrepo.Refs
		want providers.Facts
	}{
		"without a wiki": {want: providers.Facts{Parts: []providers.Part{providers.PartCode}}},
		"with a wiki": {
			wiki: gitrepo.Refs{Names: map[string]string{"refs/heads/main": "2"}},
			want: providers.Facts{Parts: []providers.Part{providers.PartCode, providers.PartWiki}, WikiRefs: map[string]string{"refs/heads/main": "2"}},
		},
	} {
		test.want.Name, test.want.Refs, test.want.DefaultBranch, test.want.ObjectFormat = "lamp", code.Names, "refs/heads/main", "sha1"
		facts := providers.Facts{Name: "lamp"}
		forgegit.Describe(&facts, code, test.wiki)
		if diff := cmp.Diff(test.want, facts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
