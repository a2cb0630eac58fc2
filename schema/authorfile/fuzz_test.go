package authorfile

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func FuzzCSV(f *testing.F) {
	f.Add([]byte("remote_id,remote_name,name,email,target_user\n7,jo,\"Doe, Jo\",jo@x,jodoe\n7,jo,,,\n"))
	f.Add([]byte("\ufeffmannequin-user,mannequin-id,target-user\r\nmona,ME_1,\r\n"))
	f.Add([]byte("remote_name,nmae\n'=1,\"\"\"\"\n\"\t-x\" , y\n"))
	f.Add([]byte("remote_name,name\né \"x\",\n\"x\n\"x\"y,\n,,\n\xff\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, problems := CSV(bytes.NewReader(data))
		checkPositions(t, data, entries, problems)
		if len(data) > maxLineBytes/4 {
			return // guards, quotes and added columns may make a line too long to write
		}

		var b bytes.Buffer
		if err := WriteCSV(&b, entries); err != nil {
			t.Fatalf("%v\n%+v", err, entries)
		}
		checkSpreadsheet(t, b.String())
		again, problems := CSV(&b)
		if len(problems) > 0 {
			t.Fatalf("problems in what was written: %v", problems)
		}
		if diff := cmp.Diff(entries, again, ignoreLine()); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	})
}

func FuzzMailmap(f *testing.F) {
	f.Add([]byte("Proper <p@x> Commit <c@x>\n<p@x> <c@x>\nP <P@X>\n# c\n"))
	f.Add([]byte("\ufeffJö <jo@x> # a <b>\r\n <>\n<\n>\n<<>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, problems := Mailmap(bytes.NewReader(data))
		checkPositions(t, data, entries, problems)
		seen := make(map[commitKey]int)
		for _, e := range entries {
			key := commitKey{name: foldASCII(e.MatchName), email: foldASCII(e.MatchEmail)}
			if first, found := seen[key]; found {
				t.Errorf("lines %d and %d give entries for the same commits", first, e.Line)
			}
			seen[key] = e.Line
			if e.Name == "" && e.Email == "" {
				t.Errorf("line %d: the entry changes nothing", e.Line)
			}
			checkIdentity(t, e)
		}
	})
}

func FuzzSVNAuthors(f *testing.F) {
	f.Add([]byte("jo doe = Jo Doe <jo@x>\nCORP\\jo=Jo<jo@x> # c\n# c\n\n(no author) = N <n@x>\n"))
	f.Add([]byte("=\njö = \njo = <>\njo = J <\njo = J <j@x> x\njo = K <j@x>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, problems := SVNAuthors(bytes.NewReader(data))
		checkPositions(t, data, entries, problems)
		for _, e := range entries {
			if e.RemoteName == "" || e.Name == "" || e.Email == "" {
				t.Errorf("line %d: incomplete entry %+v", e.Line, e)
			}
			checkIdentity(t, e)
		}
	})
}

// checkIdentity fails when git could not write the person into a commit.
func checkIdentity(t *testing.T, e Entry) {
	t.Helper()
	if strings.ContainsAny(e.Name+e.Email, "<>\n\x00") {
		t.Errorf("line %d: %q <%q> does not fit into a commit", e.Line, e.Name, e.Email)
	}
}

// checkPositions fails when a line or column is outside the file.
func checkPositions(t *testing.T, data []byte, entries []Entry, problems []Problem) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, e := range entries {
		if e.Line < 1 || e.Line > len(lines) {
			t.Errorf("entry at line %d of %d", e.Line, len(lines))
		}
	}
	last := 0
	for _, p := range problems {
		if p.Line < 1 || p.Line > len(lines) {
			t.Errorf("%s at line %d of %d", p.Summary, p.Line, len(lines))
			continue
		}
		if p.Line < last {
			t.Errorf("%s at line %d after a problem at line %d", p.Summary, p.Line, last)
		}
		last = p.Line
		// One past the end is where something missing would be.
		if most := utf8.RuneCountInString(lines[p.Line-1]) + 1; p.Column < 0 || p.Column > most {
			t.Errorf("%s at column %d of %d", p.Summary, p.Column, most)
		}
		if p.Summary == "" || p.Detail == "" || checkText(p.Summary+p.Detail) != nil {
			t.Errorf("unfit message: %q %q", p.Summary, p.Detail)
		}
	}
}

// checkSpreadsheet reads table as other programs do, and fails when that is not
// possible or they would run a cell as a formula.
func checkSpreadsheet(t *testing.T, table string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		t.Errorf("%v in\n%s", err, table)
	}
	for _, row := range rows {
		for _, text := range row {
			if text != "" && strings.ContainsAny(text[:1], "=+-@\t") {
				t.Errorf("%q begins like a formula in\n%s", text, table)
			}
		}
	}
}
