package forgegit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestFailure(t *testing.T) {
	known := &providers.Error{Code: providers.CodeConflict, Op: "before"}
	for name, test := range map[string]struct {
		err  error
		want providers.Code
		op   string
	}{
		"classified":       {fmt.Errorf("more: %w", known), providers.CodeConflict, "before"},
		"without an op":    {&providers.Error{Code: providers.CodeDenied}, providers.CodeDenied, "now"},
		"signed out":       {&gitrepo.Error{Kind: gitrepo.Auth}, providers.CodeAuth, "now"},
		"not there":        {&gitrepo.Error{Kind: gitrepo.NotFound}, providers.CodeNotFound, "now"},
		"no network":       {&gitrepo.Error{Kind: gitrepo.Unreachable}, providers.CodeUnavailable, "now"},
		"a full disk":      {&gitrepo.Error{Kind: gitrepo.NoSpace}, providers.CodeUnavailable, "now"},
		"damaged":          {&gitrepo.Error{Kind: gitrepo.Corrupt}, providers.CodeInvalid, "now"},
		"canceled":         {context.Canceled, providers.CodeUnavailable, "now"},
		"anything else":    {errors.New("x\x1b"), providers.CodeInternal, "now"},
		"canceled in git":  {&gitrepo.Error{Kind: gitrepo.Canceled}, providers.CodeUnavailable, "now"},
		"refused an input": {&gitrepo.Error{Kind: gitrepo.Refused}, providers.CodeInvalid, "now"},
	} {
		if got := forgegit.Failure("now", "it", test.err); got.Code != test.want || got.Op != test.op {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if known.Subject != "" {
		t.Error("an error of somebody else was changed")
	}
}

func TestDefaultBranch(t *testing.T) {
	const oid = "1111111111111111111111111111111111111111"
	for name, test := range map[string]struct {
		refs gitrepo.Refs
		want string
	}{
		"there":            {gitrepo.Refs{Head: "refs/heads/main", Names: map[string]string{"refs/heads/main": oid}}, "refs/heads/main"},
		"not there":        {gitrepo.Refs{Head: "refs/heads/main", Names: map[string]string{"refs/heads/other": oid}}, ""},
		"nothing is there": {gitrepo.Refs{Head: "refs/heads/main"}, "refs/heads/main"},
		"no branch":        {gitrepo.Refs{Head: "refs/tags/v1", Names: map[string]string{"refs/tags/v1": oid}}, ""},
		"detached":         {gitrepo.Refs{HeadOID: oid}, ""},
	} {
		if got := forgegit.DefaultBranch(test.refs); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A server that refuses the credential says which setting is at fault; what is
// missing is no failure where it need not be there.
func TestRefused(t *testing.T) {
	status := http.StatusUnauthorized
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(status)
	}))
	defer server.Close()
	r := forgegit.Repository{Remote: gitrepo.Remote{URL: server.URL + "/a.git", Username: "u", Password: "p"}, Subject: "a", Attribute: "access_token", Scope: "read_repository"}
	_, err := r.Refs(t.Context())
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeAuth || e.Attribute != "access_token" || e.Subject != "a" {
		t.Errorf("refused: %+v", e)
	}
	status = http.StatusNotFound
	if _, err := r.Export(t.Context(), filepath.Join(t.TempDir(), "x"), nil); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("export: %v", err)
	}
	if refs, err := r.RefsIfAny(t.Context()); err != nil || len(refs.Names) > 0 {
		t.Errorf("if any: %v, %v", refs, err)
	}
	for _, err := range r.Authors(t.Context(), t.TempDir()) {
		if providers.CodeOf(err) != providers.CodeNotFound {
			t.Errorf("authors: %v", err)
		}
	}
	status = http.StatusBadGateway
	if _, err := r.RefsIfAny(t.Context()); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Errorf("out of order: %v", err)
	}
}
