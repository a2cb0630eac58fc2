package authorfile

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMailmap(t *testing.T) {
	tests := []readCase{
		{name: "empty"},
		{
			name: "the four forms",
			text: "Proper Name <commit@email.xx>\n" +
				"<proper@email.xx> <commit2@email.xx>\n" +
				"Proper Name <proper@email.xx> <commit3@email.xx>\n" +
				"Proper Name <proper@email.xx> Commit Name <commit@email.xx>\n",
			entries: []Entry{
				{Name: "Proper Name", MatchEmail: "commit@email.xx", Line: 1},
				{Email: "proper@email.xx", MatchEmail: "commit2@email.xx", Line: 2},
				{Name: "Proper Name", Email: "proper@email.xx", MatchEmail: "commit3@email.xx", Line: 3},
				{Name: "Proper Name", Email: "proper@email.xx", MatchName: "Commit Name", MatchEmail: "commit@email.xx", Line: 4},
			},
		},
		{
			name: "comments, white space and line ends",
			text: "\ufeff# comment <a@x>\r\n\r\n \t\n  # indented\n" +
				"\tJo  Doe\t<jo@x>  # trailing\r\nMo <mo@x><m@x> # <any@x>",
			entries: []Entry{
				{Name: "Jo  Doe", MatchEmail: "jo@x", Line: 5},
				{Name: "Mo", Email: "mo@x", MatchEmail: "m@x", Line: 6},
			},
		},
		{
			name: "later lines win",
			text: "<jo@new> <jo@x>\nMo <mo@x>\nJo <JO@X>\n" +
				"A <a@x> Old <jo@x>\n<b@x> OLD <Jo@x>\n",
			entries: []Entry{
				{Name: "Jo", Email: "jo@new", MatchEmail: "JO@X", Line: 3},
				{Name: "Mo", MatchEmail: "mo@x", Line: 2},
				{Email: "b@x", MatchName: "OLD", MatchEmail: "Jo@x", Line: 5},
			},
		},
		{
			name: "mistakes",
			text: "Jö\n" +
				"Jö <jo@x\n" +
				"Jö <>\n" +
				"<jo@x>\n" +
				"<jo@x> # alone\n" +
				"Jö <jo@x> Jo\n" +
				"Jö <jo@x> Jo <j@x\n" +
				"Jö <jo@x> <j@x> <k@x>\n" +
				"Jö <<jo@x>\n" +
				"J>ö <jo@x>\n" +
				" # Jö <jo@x>\n" +
				"Jö <jo@x> # was <j@x>\n" +
				"Jö <jo@x>\n",
			entries: []Entry{{Name: "Jö", MatchEmail: "jo@x", Line: 13}},
			problems: []place{
				{1, 1, "Missing e-mail"},
				{2, 4, "Unclosed e-mail"},
				{3, 4, "Empty e-mail"},
				{4, 1, "Line without effect"},
				{5, 1, "Line without effect"},
				{6, 11, "Missing e-mail"},
				{7, 14, "Unclosed e-mail"},
				{8, 17, "Text after the e-mail"},
				{9, 5, "Misplaced angle bracket"},
				{10, 2, "Misplaced angle bracket"},
				{11, 2, "Ambiguous comment"},
				{12, 11, "Ambiguous comment"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, problems := Mailmap(strings.NewReader(tt.text))
			tt.check(t, entries, problems)
		})
	}
}

// TestMailmapAsGit asks git who people are and compares.
func TestMailmapAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	tests := []struct {
		name    string
		mailmap string
		people  []string
	}{
		{
			name: "the manual's example",
			mailmap: "Joe R. Developer <joe@example.com>\n" +
				"Jane Doe <jane@example.com> <jane@laptop.(none)>\n" +
				"Jane Doe <jane@example.com> <jane@desktop.(none)>\n" +
				"Joe R. Developer <joe@example.com> Joe <bugs@example.com>\n" +
				"Jane Doe <jane@example.com> Jane <bugs@example.com>\n",
			people: []string{
				"Joe Developer <joe@example.com>", "Jane Doe <jane@laptop.(none)>", "Jane D. <jane@desktop.(none)>",
				"Joe <bugs@example.com>", "jane <BUGS@example.com>", "Jim <bugs@example.com>",
			},
		},
		{
			name:    "case",
			mailmap: "New <N@X> OLD <A@X>\nOnly <b@X>\n",
			people:  []string{"old <a@x>", "Old <A@X>", "other <a@x>", "Z <B@x>"},
		},
		{
			name:    "case beyond ASCII",
			mailmap: "New <n@x> École <É@x>\n",
			people:  []string{"École <É@X>", "école <É@x>", "École <é@x>"},
		},
		{
			name:    "white space",
			mailmap: "  New  Name\t<n@x>\tOld   Name  <a@x>\r\nA<b@x><c@x>\r\n",
			people:  []string{"Old   Name <a@x>", "Old Name <a@x>", "Z <c@x>"},
		},
		{
			name:    "white space in an e-mail",
			mailmap: "New < a@x >\n",
			people:  []string{"Z <a@x>", "Z < a@x >"},
		},
		{
			name:    "comments",
			mailmap: "# No <a@x>\n#No <b@x>\n\n  # neither\nC <c@x> # comment\nD <d@x> <e@x> # comment <f@x>\nG # 1 <g@x>\n",
			people:  []string{"Z <a@x>", "Z <b@x>", "Z <c@x>", "Z <d@x>", "Z <e@x>", "Z <f@x>", "Z <g@x>"},
		},
		{
			name:    "e-mail only",
			mailmap: "<n@x> <a@x>\n<n@x> Old <b@x>\n",
			people:  []string{"Z <a@x>", "Old <b@x>", "Z <b@x>"},
		},
		{
			name:    "no e-mail in the commit",
			mailmap: "New <n@x> <>\n",
			people:  []string{"Z <>", "Z <a@x>"},
		},
		{
			name:    "one letter",
			mailmap: "N <a@x>\nM <m@x> O <b@x>\n",
			people:  []string{"Z <a@x>", "O <b@x>"},
		},
		{
			name:    "later name wins",
			mailmap: "A <a@x>\nB <a@x>\n",
			people:  []string{"Z <a@x>"},
		},
		{
			name:    "later keeps the earlier e-mail",
			mailmap: "A <n@x> <a@x>\nB <A@x>\n",
			people:  []string{"Z <a@x>"},
		},
		{
			name:    "later keeps the earlier name",
			mailmap: "A <n@x> <a@x>\n<m@x> <a@x>\n",
			people:  []string{"Z <a@x>"},
		},
		{
			name:    "later replaces an entry with a name whole",
			mailmap: "A <n@x> Old <a@x>\n<m@x> old <A@x>\n",
			people:  []string{"Old <a@x>"},
		},
		{
			name:    "an entry with a name wins over a later one without",
			mailmap: "A <n@x> Old <a@x>\nB <m@x> <a@x>\n",
			people:  []string{"Old <a@x>", "Z <a@x>"},
		},
		{
			name:    "no chains",
			mailmap: "A <b@x> <a@x>\nB <c@x> <b@x>\n",
			people:  []string{"Z <a@x>", "Z <b@x>"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, problems := Mailmap(strings.NewReader(tt.mailmap))
			if len(problems) > 0 {
				t.Fatalf("problems: %v", problems)
			}
			var got []string
			for _, p := range tt.people {
				got = append(got, mapCommitter(t, entries, p))
			}
			if diff := cmp.Diff(gitCheckMailmap(t, tt.mailmap, tt.people), got); diff != "" {
				t.Errorf("people (-git +got):\n%s", diff)
			}
		})
	}
}

// mapCommitter maps a "Name <email>" as the contract of Entry says.
func mapCommitter(t *testing.T, entries []Entry, contact string) string {
	t.Helper()
	name, email, found := strings.Cut(strings.TrimSuffix(contact, ">"), " <")
	if !found {
		t.Fatalf("%q is not a person", contact)
	}
	var best *Entry
	for i, e := range entries {
		if foldASCII(e.MatchEmail) != foldASCII(email) {
			continue
		}
		if e.MatchName != "" && foldASCII(e.MatchName) != foldASCII(name) {
			continue
		}
		if best == nil || e.MatchName != "" {
			best = &entries[i]
		}
	}
	if best != nil && best.Name != "" {
		name = best.Name
	}
	if best != nil && best.Email != "" {
		email = best.Email
	}
	return name + " <" + email + ">"
}

// gitCheckMailmap returns whom git takes the people for.
func gitCheckMailmap(t *testing.T, mailmap string, people []string) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, ".mailmap")
	if err := os.WriteFile(file, []byte(mailmap), 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "--quiet")
	out := git(t, dir, append([]string{"check-mailmap", "--"}, people...)...)
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

// git runs git in dir, away from the configuration of whoever runs the test.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", args[0], err, &stderr)
	}
	return string(out)
}
