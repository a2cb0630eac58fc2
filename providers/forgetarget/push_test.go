package forgetarget

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestOpenPush(t *testing.T) {
	dir := t.TempDir()
	if _, err := gitrepo.Init(t.Context(), dir, "sha1"); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPush(providers.PushRequest{Part: providers.PartWiki, Dir: dir, DefaultBranch: "refs/heads/a/b", Overwrite: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Observe(providers.Progress{}) // it may be called
	m := p.Mover(gitrepo.Remote{URL: "https://example.org"}, nil, func(name string) string { return name + "!" })
	if there, err := m.There("refs/x"); p.Branch() != "a/b" || m.From != p.From || !m.Overwrite || there != "refs/x!" || err != nil {
		t.Errorf("the branch is %q, refs/x is %q there, the mover %+v", p.Branch(), there, m)
	}
	if _, err := OpenPush(providers.PushRequest{Part: "attic", Dir: dir}, nil); providers.CodeOf(err) != providers.CodeInvalid {
		t.Errorf("a part that is none: %v", err)
	}
	if _, err := OpenPush(providers.PushRequest{Part: providers.PartCode, Dir: t.TempDir()}, nil); err == nil {
		t.Error("an empty folder was opened as a repository")
	}
}

func TestGitURL(t *testing.T) {
	for part, want := range map[providers.Part]string{providers.PartCode: "https://example.org/git/acme/api.git", providers.PartWiki: "https://example.org/git/acme/api.wiki.git"} {
		if got := GitURL("https://example.org/git", "acme/api", part); got != want {
			t.Errorf("%s is at %s; want %s", part, got, want)
		}
	}
}

func TestSignIn(t *testing.T) {
	if _, err := Token(providers.Config{Secrets: map[string]string{"access_token": " \n"}}); providers.CodeOf(err) != providers.CodeAuth {
		t.Errorf("no token: %v", err)
	}
	if token, err := Token(providers.Config{Secrets: map[string]string{"access_token": " t\n"}}); token != "t" || err != nil {
		t.Errorf("the token is %q, %v", token, err)
	}
	for code, hint := range map[providers.Code]string{providers.CodeAuth: "new", providers.CodeDenied: "new", providers.CodeUnavailable: "old"} {
		e := providers.AsError(SignIn(&providers.Error{Code: code, Message: "no", Hint: "old"}, "new"))
		if e.Hint != hint || e.Op != "sign in" {
			t.Errorf("%s: %+v", code, e)
		}
	}
}
