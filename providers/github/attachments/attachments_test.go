package attachments_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/github/attachments"
)

const id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

func dotcom() attachments.Host {
	return attachments.Host{Web: "https://github.com", Repositories: []string{"lantern/Lamp", "lantern/torch"}}
}

func enterprise() attachments.Host {
	return attachments.Host{Web: "https://git.acme.example", Repositories: []string{"lantern/lamp"}}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name         string
		host         attachments.Host
		url          string
		wantName     string
		wantDownload string // empty: as url
	}{
		{"own asset", dotcom(), "https://github.com/user-attachments/assets/" + id, id, ""},
		{"own asset with a query", dotcom(), "https://github.com/user-attachments/assets/" + id + "?raw=1", id, "https://github.com/user-attachments/assets/" + id},
		{"own file", dotcom(), "https://github.com/user-attachments/files/1742/trace%20one.zip", "trace one.zip", ""},
		{"host in capitals", dotcom(), "https://GitHub.com/user-attachments/assets/" + id, id, "https://github.com/user-attachments/assets/" + id},
		{"asset of the repository", dotcom(), "https://github.com/lantern/lamp/assets/583231/" + id, id, ""},
		{"asset under a former name", dotcom(), "https://github.com/lantern/torch/assets/583231/" + id, id, ""},
		{"file of the repository", dotcom(), "https://github.com/lantern/lamp/files/99/core.log", "core.log", ""},
		{"public image", dotcom(), "https://user-images.githubusercontent.com/583231/1-" + id + ".png", "1-" + id + ".png", ""},
		{"old public image", dotcom(), "https://user-images.githubusercontent.com/583231/200-x.png", "200-x.png", ""},
		{"signed image", dotcom(), "https://private-user-images.githubusercontent.com/583231/77-" + id + ".png?jwt=eyJhbGci.e30.sig", "77-" + id + ".png",
			"https://github.com/user-attachments/assets/" + id},
		{"enterprise asset", enterprise(), "https://git.acme.example/user-attachments/assets/" + id, id, ""},
		{"enterprise file of the repository", enterprise(), "https://git.acme.example/lantern/lamp/files/99/core.log", "core.log", ""},
		{"enterprise storage", enterprise(), "https://git.acme.example/storage/user/7/files/" + id, id, ""},
		{"enterprise media host", enterprise(), "https://media.git.acme.example/user/7/files/" + id, id, ""},
		{"enterprise media path", enterprise(), "https://git.acme.example/media/user/7/files/" + id, id, ""},
		{"enterprise old assets", enterprise(), "https://git.acme.example/github-enterprise-assets/0000/0001/0000/0002/" + id + ".png", id + ".png", ""},
		{"github.com's image in an enterprise text", enterprise(), "https://user-images.githubusercontent.com/1/a.png", "a.png", ""},
		{"a name that is a path", dotcom(), "https://github.com/user-attachments/files/1/etc%2Fpasswd", "passwd", ""},
		{"a name with hidden characters", dotcom(), "https://github.com/user-attachments/files/1/a%E2%80%AEgpj.exe%1b", "a_gpj.exe_", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := test.host.Parse(test.url)
			if !ok {
				t.Fatalf("%s is not recognised", test.url)
			}
			want := attachments.Found{URL: test.url, Name: test.wantName, Download: test.wantDownload}
			if want.Download == "" {
				want.Download = test.url
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name string
		host attachments.Host
		url  string
	}{
		{"another repository", dotcom(), "https://github.com/lantern/lamp2/files/99/core.log"},
		{"another owner", dotcom(), "https://github.com/evil/lamp/assets/1/" + id},
		{"an issue", dotcom(), "https://github.com/lantern/lamp/issues/3"},
		{"the tab of files", dotcom(), "https://github.com/lantern/lamp/pull/3/files"},
		{"a host that ends alike", dotcom(), "https://evilgithub.com/user-attachments/assets/" + id},
		{"a host that begins alike", dotcom(), "https://github.com.evil.example/user-attachments/assets/" + id},
		{"a user before the host", dotcom(), "https://github.com@evil.example/user-attachments/assets/" + id},
		{"credentials", dotcom(), "https://u:p@github.com/user-attachments/assets/" + id},
		{"a port", dotcom(), "https://github.com:8443/user-attachments/assets/" + id},
		{"plain http", dotcom(), "http://github.com/user-attachments/assets/" + id},
		{"another scheme", dotcom(), "ftp://github.com/user-attachments/assets/" + id},
		{"climbing", enterprise(), "https://git.acme.example/storage/user/../../admin"},
		{"climbing in a name", dotcom(), "https://github.com/user-attachments/files/1/..%2F..%2Fpasswd"},
		{"climbing, escaped", enterprise(), "https://git.acme.example/storage/user/%2e%2e/%2e%2e/admin"},
		{"enterprise paths of github.com", dotcom(), "https://github.com/storage/user/7/files/" + id},
		{"media host of github.com", dotcom(), "https://media.github.com/user/7/files/" + id},
		{"an escaped slash in the repository", dotcom(), "https://github.com/lantern%2Flamp/files/99/core.log"},
		{"signed image without an id", dotcom(), "https://private-user-images.githubusercontent.com/1/a.png?jwt=x"},
		{"too long", dotcom(), "https://github.com/user-attachments/files/1/" + strings.Repeat("a", attachments.MaxURL)},
		{"not a URL", dotcom(), "https://github.com/%zz"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := test.host.Parse(test.url); ok {
				t.Errorf("%s is taken for %+v", test.url, got)
			}
		})
	}
}

func TestScan(t *testing.T) {
	const (
		a = "https://github.com/user-attachments/assets/" + id
		f = "https://github.com/user-attachments/files/7/log.txt"
		s = "https://private-user-images.githubusercontent.com/1/7-" + id + ".png?jwt=a.b"
	)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "see #12 and https://github.com/lantern/lamp/issues/3", nil},
		{"image and link", "![x](" + a + ")\n\n[log.txt](" + f + ")", []string{a, f}},
		{"bare, at the end of a sentence", "look at " + a + ".", []string{a}},
		{"bare, before punctuation of another script", "看 " + a + "。", []string{a}},
		{"in brackets", "<" + a + ">", []string{a}},
		{"HTML", `<img width="9" alt="x" src="` + a + `"><video src='` + f + `'></video>`, []string{a, f}},
		{"reference", "[1]: " + a + " \"title\"", []string{a}},
		{"HTML entity", `<img src="` + s + `&amp;x=1">`, []string{s + "&x=1"}},
		{"once", a + " " + a + "?raw=1", []string{a}},
		{"one identity in two forms", s + " " + a, []string{s}},
		{"in emphasis", "**" + a + "**", []string{a}},
		{"code span", "`" + a + "` " + f, []string{f}},
		{"code span of two marks", "`` ` " + a + " ``", nil},
		{"code span over lines", "`one\n" + a + "\n` " + f, []string{f}},
		{"a mark alone opens nothing", "5` wide " + a, []string{a}},
		{"no span over an empty line", "a ` b\n\n" + a + " ` c", []string{a}},
		{"an escaped mark opens nothing", "\\`" + a + "`", []string{a}},
		{"fence", "```\n" + a + "\n```\n" + f, []string{f}},
		{"fence of tildes with backticks in it", "~~~ sh\n```\n" + a + "\n~~~\n" + f, []string{f}},
		{"a longer fence", "````\n```\n" + a + "\n````\n" + f, []string{f}},
		{"fence in a quote", "> ```\n> " + a + "\n> ```\n> " + f, []string{f}},
		{"fence in a list", "1. x\n   ```\n   " + a + "\n   ```\n- " + f, []string{f}},
		{"fence that never ends", "```\n" + a, nil},
		{"not a fence", "```" + a + "```\n" + f, []string{f}},
		{"carriage returns", "```\r\n" + a + "\r\n```\r\n" + f + "\r\n", []string{f}},
		{"word before", "xhttps://x https:// http " + a, []string{a}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for found := range dotcom().Scan(test.text) {
				got = append(got, found.URL)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestIDIsStable(t *testing.T) {
	signed, _ := dotcom().Parse("https://private-user-images.githubusercontent.com/1/7-" + id + ".png?jwt=one")
	again, _ := dotcom().Parse("https://private-user-images.githubusercontent.com/1/7-" + id + ".png?jwt=two")
	plain, _ := dotcom().Parse("https://github.com/user-attachments/assets/" + id)
	if signed.ID() != again.ID() || signed.ID() != plain.ID() {
		t.Errorf("one attachment has the ids %s, %s and %s", signed.ID(), again.ID(), plain.ID())
	}
	const want = "58d3b2a5c0a9c7a1a6ec3b3e6c0d5f0e"
	if len(plain.ID()) != len(want) {
		t.Errorf("the id %s is not of %d digits", plain.ID(), len(want))
	}
}

func FuzzScan(f *testing.F) {
	f.Add("![x](https://github.com/user-attachments/assets/" + id + ")")
	f.Add("```\nhttps://user-images.githubusercontent.com/1/a.png\n```")
	f.Add("> - `` ` https://git.acme.example/storage/user/1/files/x ``")
	f.Fuzz(func(t *testing.T, text string) {
		for _, host := range []attachments.Host{dotcom(), enterprise()} {
			for found := range host.Scan(text) {
				if !strings.Contains(strings.ReplaceAll(text, "&amp;", "&"), found.URL) {
					t.Errorf("%q is not in the text", found.URL)
				}
				if strings.ContainsAny(found.Name, "/\\\x00\n\x1b") || found.Name == "" || found.Name == ".." || found.Name == "." {
					t.Errorf("the name %q can be taken for a path", found.Name)
				}
				again, ok := host.Parse(found.Download)
				if !ok && host.Web == "https://github.com" {
					t.Errorf("what %s is downloaded from is not an attachment: %s", found.URL, found.Download)
				}
				if ok && again.ID() != found.ID() {
					t.Errorf("%s has two ids", found.URL)
				}
			}
			for range host.Scan(text) { // stopping early is allowed
				break
			}
		}
	})
}

// TestScanIsNotQuadratic reads texts that are made to be slow; the test's own
// time limit is what a quadratic scanner would meet.
func TestScanIsNotQuadratic(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("http", 1<<20),
		strings.Repeat("`", 1<<22),
		strings.Repeat("\\`", 1<<21),
		strings.Repeat("> ", 1<<21),
		strings.Repeat("https://github.com/", 1<<18),
	} {
		if n := len(slices.Collect(dotcom().Scan(text))); n != 0 {
			t.Errorf("%d attachments in %.20q…", n, text)
		}
	}
}
