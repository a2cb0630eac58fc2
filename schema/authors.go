package schema

import "strings"

// AuthorTable maps people of a source to people of a target: an authors block
// with the files it names, read.
type AuthorTable struct {
	Name    string        `json:"name"`
	Entries []AuthorEntry `json:"entries,omitempty"` // in order of precedence

	// Unmatched is what happens to someone no entry matches: "error" stops the
	// plan, "keep" leaves the history as it is, "synthesize" makes up
	// LOGIN <LOGIN@REPOSITORY-UUID> where the source has no e-mail,
	// "placeholder" uses a stand-in account at the target.
	Unmatched string `json:"unmatched"`

	// Trailers says that people named in the trailers of commit messages, such
	// as Co-authored-by, are mapped too.
	Trailers bool `json:"trailers,omitempty"`

	Range Range `json:"range,omitzero"`
}

// AuthorEntry is one line of the table.
type AuthorEntry struct {
	// Rule is the kind of entry: author, csv, mailmap, svn_authors.
	Rule string `json:"rule"`

	// An author entry or CSV line matches by RemoteID, or by RemoteName, which
	// may also be an e-mail or a pattern; a svn_authors line by RemoteName, a
	// mailmap line by MatchEmail and, when set, MatchName. A pattern holds one *,
	// which stands for any characters: *@acme.example is everyone of a domain.
	RemoteID   string `json:"remote_id,omitempty"`
	RemoteName string `json:"remote_name,omitempty"`
	MatchName  string `json:"match_name,omitempty"`
	MatchEmail string `json:"match_email,omitempty"`

	// What to write instead; empty keeps what there is. In an entry that
	// matches by a pattern, * is what the pattern's * stood for.
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	TargetUser string `json:"target_user,omitempty"`

	Range Range `json:"range,omitzero"`
}

// Digest covers what the table does, not where it was written.
func (t AuthorTable) Digest() string {
	entries := make([]AuthorEntry, len(t.Entries))
	for i, e := range t.Entries {
		e.Range = Range{}
		entries[i] = e
	}
	return Digest([]any{entries, t.Unmatched, t.Trailers})
}

// rules is the order of precedence between kinds of entries.
var rules = []string{"author", "csv", "mailmap", "svn_authors"}

// Match returns the entry that applies to a, with what a pattern stood for put
// in, or nil. Inline entries come before CSV files, those before mailmaps, those
// before Subversion author files; within one rule an exact id comes before a
// name, that before an e-mail and that before a pattern. Of several mailmap
// lines the one that names both name and e-mail wins, then the last, as in
// git.
func (t AuthorTable) Match(a Author) *AuthorEntry {
	for _, rule := range rules {
		if e := t.matchRule(rule, a); e != nil {
			return e
		}
	}
	return nil
}

// domainAccount is the DOMAIN\user of an id DOMAIN\user@HOST, as TFVC has it and as
// files of authors for it are written; "" for other ids.
func domainAccount(id string) string {
	if i := strings.LastIndexByte(id, '@'); i > 0 && strings.Contains(id[:i], `\`) {
		return id[:i]
	}
	return ""
}

func (t AuthorTable) matchRule(rule string, a Author) *AuthorEntry {
	if rule == "mailmap" {
		return t.matchMailmap(a)
	}
	var best *AuthorEntry
	closest := 0
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Rule != rule {
			continue
		}
		close, star := e.closeness(a)
		if close > closest {
			best, closest = e, close
			if close == byPattern {
				best = e.filled(star)
			}
		}
	}
	return best
}

// How closely an entry can match, from the loosest.
const (
	byPattern = iota + 1
	byEmail
	byName
	byID
)

// closeness is how e matches a, 0 for not at all, and what its pattern's *
// stands for.
func (e *AuthorEntry) closeness(a Author) (close int, star string) {
	switch {
	case e.RemoteID != "" && e.RemoteID == a.RemoteID:
		return byID, ""
	case e.RemoteName == "":
		return 0, ""
	case e.RemoteName == a.RemoteName || e.RemoteName == domainAccount(a.RemoteID):
		return byName, ""
	case a.Email != "" && strings.EqualFold(e.RemoteName, a.Email):
		return byEmail, ""
	}
	for _, is := range []string{a.RemoteName, a.Email, a.RemoteID} {
		if star, ok := matchStar(e.RemoteName, is); ok {
			return byPattern, star
		}
	}
	return 0, ""
}

// matchStar reports what the one * of a pattern stands for in s.
func matchStar(pattern, s string) (string, bool) {
	before, after, found := strings.Cut(pattern, "*")
	if !found || strings.Contains(after, "*") || len(s) <= len(before)+len(after) ||
		!strings.EqualFold(s[:len(before)], before) || !strings.EqualFold(s[len(s)-len(after):], after) {
		return "", false
	}
	return s[len(before) : len(s)-len(after)], true
}

// filled is e with what its * stood for.
func (e *AuthorEntry) filled(star string) *AuthorEntry {
	f := *e
	for _, field := range []*string{&f.Name, &f.Email, &f.TargetUser} {
		*field = strings.ReplaceAll(*field, "*", star)
	}
	return &f
}

func (t AuthorTable) matchMailmap(a Author) *AuthorEntry {
	var best *AuthorEntry
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Rule != "mailmap" || !strings.EqualFold(e.MatchEmail, a.Email) {
			continue
		}
		switch {
		case e.MatchName == "" && (best == nil || best.MatchName == ""):
			best = e
		case e.MatchName != "" && strings.EqualFold(e.MatchName, a.Name):
			best = e
		}
	}
	return best
}

// MatchPerson is Match for someone whom a forge knows.
func (t AuthorTable) MatchPerson(p Person) *AuthorEntry {
	return t.Match(Author{RemoteID: p.ID, RemoteName: p.Login, Name: p.Name, Email: p.Email})
}
