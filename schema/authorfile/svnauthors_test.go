package authorfile

import (
	"strings"
	"testing"
)

func TestSVNAuthors(t *testing.T) {
	tests := []readCase{
		{name: "empty"},
		{
			name: "logins",
			text: "jo = Jo Doe <jo@x>\n" +
				"jo doe\t=\tJo Doe  <jo@x>\t\r\n" +
				`CORP\jo=Jo Doe<jo@x>` + "\n" +
				"  (no author) = Nobody <nobody@x>\n" +
				"Jo = Other Jo <jo2@x>",
			entries: []Entry{
				{RemoteName: "jo", Name: "Jo Doe", Email: "jo@x", Line: 1},
				{RemoteName: "jo doe", Name: "Jo Doe", Email: "jo@x", Line: 2},
				{RemoteName: `CORP\jo`, Name: "Jo Doe", Email: "jo@x", Line: 3},
				{RemoteName: "(no author)", Name: "Nobody", Email: "nobody@x", Line: 4},
				{RemoteName: "Jo", Name: "Other Jo", Email: "jo2@x", Line: 5},
			},
		},
		{
			name: "comments and blank lines",
			text: "\ufeff# people\n\n  # jo = Jo <jo@x>\n \t\nmo = Mo #1 <mo@x> # = <x>\n",
			entries: []Entry{
				{RemoteName: "mo", Name: "Mo #1", Email: "mo@x", Line: 5},
			},
		},
		{
			name: "an equals sign in the name",
			text: "jo = J=o <a=b@x>\n",
			entries: []Entry{
				{RemoteName: "jo", Name: "J=o", Email: "a=b@x", Line: 1},
			},
		},
		{
			name: "the same login twice",
			text: "jo = Jo <jo@x>\njo = Jo <jo@x>\nmo = Mo <mo@x>\njo = Jo Doe <jo@x>\n",
			entries: []Entry{
				{RemoteName: "jo", Name: "Jo", Email: "jo@x", Line: 1},
				{RemoteName: "mo", Name: "Mo", Email: "mo@x", Line: 3},
			},
			problems: []place{{4, 0, "Person mapped twice"}},
		},
		{
			name: "mistakes",
			text: "Jo <jo@x>\n" +
				" = Jo <jo@x>\n" +
				"jö = \n" +
				"jö = Jo jo@x\n" +
				"jö = Jo <jo@x\n" +
				"jö = <jo@x>\n" +
				"jö = Jo <>\n" +
				"jö = J>o <jo@x>\n" +
				"jö = Jo <<jo@x>\n" +
				"jö = Jo <jo@x> Europe/Paris\n" +
				"jö = Jo <jo@x>>\n" +
				"jo = J\xf6 <jo@x>\n" +
				"jö = Jo <jo@x>\n",
			entries: []Entry{
				{RemoteName: "jö", Name: "Jo", Email: "jo@x", Line: 13},
			},
			problems: []place{
				{1, 0, `Missing "="`},
				{2, 2, "Missing login"},
				{3, 6, "Missing e-mail"},
				{4, 6, "Missing e-mail"},
				{5, 9, "Unclosed e-mail"},
				{6, 6, "Missing name"},
				{7, 9, "Empty e-mail"},
				{8, 7, "Misplaced angle bracket"},
				{9, 10, "Misplaced angle bracket"},
				{10, 16, "Text after the e-mail"},
				{11, 15, "Text after the e-mail"},
				{12, 7, "Invalid UTF-8"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, problems := SVNAuthors(strings.NewReader(tt.text))
			tt.check(t, entries, problems)
		})
	}
}
