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

	// An author entry or CSV line matches by RemoteID or RemoteName, a
	// svn_authors line by RemoteName, a mailmap line by MatchEmail and, when
	// set, MatchName.
	RemoteID   string `json:"remote_id,omitempty"`
	RemoteName string `json:"remote_name,omitempty"`
	MatchName  string `json:"match_name,omitempty"`
	MatchEmail string `json:"match_email,omitempty"`

	// What to write instead; empty keeps what there is.
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

// Match returns the entry that applies to a, or nil. Inline entries come
// before CSV files, those before mailmaps, those before Subversion author
// files; within one rule an exact id comes before a name. Of several mailmap
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
	var byName *AuthorEntry
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Rule != rule {
			continue
		}
		if rule == "mailmap" {
			if !strings.EqualFold(e.MatchEmail, a.Email) {
				continue
			}
			switch {
			case e.MatchName == "" && (byName == nil || byName.MatchName == ""):
				byName = e
			case e.MatchName != "" && strings.EqualFold(e.MatchName, a.Name):
				byName = e
			}
			continue
		}
		if e.RemoteID != "" && e.RemoteID == a.RemoteID {
			return e
		}
		if byName == nil && e.RemoteName != "" && (e.RemoteName == a.RemoteName || e.RemoteName == domainAccount(a.RemoteID)) {
			byName = e
		}
	}
	return byName
}
