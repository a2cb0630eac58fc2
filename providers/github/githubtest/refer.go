package githubtest

import (
	"strconv"
	"strings"
)

// reference finds #12, owner/name#12 and addresses of issues and pull
// requests.
const reference = "(?:^|[\\s(,;:\\[])(?:([A-Za-z0-9][\\w-]*)/([\\w.-]+))?#(\\d{1,9})\\b" +
	"|https?://[^\\s)/]+/([A-Za-z0-9][\\w-]*)/([\\w.-]+)/(?:issues|pull)/(\\d{1,9})\\b"

// refer makes the cross-reference events of a text that stands under from. One
// issue is told once of another.
func (m *Model) refer(from *Issue, by *User, text string) {
	if !strings.ContainsAny(text, "#/") {
		return
	}
	for _, f := range m.reference.FindAllStringSubmatch(withoutCode(text), -1) {
		owner, name, number := f[1]+f[4], f[2]+f[5], f[3]+f[6]
		to := from.Repo
		if owner != "" {
			to, _ = m.Repository(owner, name)
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if to == nil || err != nil {
			continue
		}
		if target := to.Issue(n); target != nil && target != from && !refers(target, from) {
			m.addEvent(target, &Event{Name: "cross-referenced", Actor: by, Source: from})
		}
	}
}

func refers(target, from *Issue) bool {
	for _, e := range target.Events {
		if e.Name == "cross-referenced" && e.Source == from {
			return true
		}
	}
	return false
}

// withoutCode leaves fenced blocks and code spans out of a text.
func withoutCode(text string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		for n, part := range strings.Split(line, "`") {
			if n%2 == 0 {
				b.WriteString(part)
			}
		}
	}
	return b.String()
}
