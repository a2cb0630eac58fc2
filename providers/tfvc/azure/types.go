package azure

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Identity is a person as the server knows them.
type Identity struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	UniqueName  string `json:"uniqueName"` // a mail address, or DOMAIN\user
}

// Changeset is what one check-in says of itself.
type Changeset struct {
	Number           int      `json:"changesetId"`
	Author           Identity `json:"author"`
	CheckedInBy      Identity `json:"checkedInBy"`
	Created          Date     `json:"createdDate"`
	Comment          string   `json:"comment"`
	CommentTruncated bool     `json:"commentTruncated"`
}

// Date is a time as servers write it. What cannot be read is the zero time.
type Date struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Date) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			d.Time = at
			return nil
		}
	}
	d.Time = time.Time{}
	return nil
}

// ChangeType says what was done to an item: one or several of the constants.
type ChangeType uint32

// The ways to change an item.
const (
	Add ChangeType = 1 << iota
	Edit
	Encoding
	Rename
	Delete
	Undelete
	Branch
	Merge
	Lock
	Rollback
	SourceRename
	TargetRename
	Property
	Other // what this package has no word for
)

// changeNames are the constants as the interface writes them, in their order.
const changeNames = "add edit encoding rename delete undelete branch merge lock rollback sourceRename targetRename property other"

// Has reports whether one of the flags is set.
func (t ChangeType) Has(flags ChangeType) bool { return t&flags != 0 }

// UnmarshalJSON reads names with commas between them.
func (t *ChangeType) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*t = 0
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if word == "" || strings.EqualFold(word, "none") {
			continue
		}
		flag, known := ChangeType(1), false
		for name := range strings.FieldsSeq(changeNames) {
			if known = strings.EqualFold(name, word); known {
				break
			}
			flag <<= 1
		}
		if !known {
			flag = Other
		}
		*t |= flag
	}
	return nil
}

// String is how the interface writes t.
func (t ChangeType) String() string {
	var words []string
	flag := ChangeType(1)
	for name := range strings.FieldsSeq(changeNames) {
		if t.Has(flag) {
			words = append(words, name)
		}
		flag <<= 1
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// Change is what a changeset did to one item.
type Change struct {
	Type         ChangeType    `json:"changeType"`
	Item         Item          `json:"item"`
	Source       string        `json:"sourceServerItem"`
	MergeSources []MergeSource `json:"mergeSources"`
}

// MergeSource says what was renamed, branched or merged into an item.
type MergeSource struct {
	Path     string `json:"serverItem"`
	From     int    `json:"versionFrom"`
	To       int    `json:"versionTo"`
	IsRename bool   `json:"isRename"`
}

// Item is a file or folder in one version.
type Item struct {
	Path    string `json:"path"`
	Version int    `json:"version"`
	Folder  bool   `json:"isFolder"`
	Size    int64  `json:"size"`
	Hash    Hash   `json:"hashValue"`
}

// UnmarshalJSON implements json.Unmarshaler. Some answers have a path in place
// of an item.
func (i *Item) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*i = Item{}
		return json.Unmarshal(data, &i.Path)
	}
	type plain Item
	return json.Unmarshal(data, (*plain)(i))
}

// Hash is the MD5 of a file's contents.
type Hash struct {
	Sum   [md5.Size]byte
	Known bool
}

var errHash = errors.New("a hash value is not the base64 of an MD5")

// UnmarshalJSON implements json.Unmarshaler.
func (h *Hash) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*h = Hash{}
	if text == nil || *text == "" {
		return nil
	}
	sum, err := base64.StdEncoding.DecodeString(*text)
	if err != nil || len(sum) != md5.Size {
		return errHash
	}
	h.Known = true
	copy(h.Sum[:], sum)
	return nil
}

// BranchRef is a folder that was made a branch.
type BranchRef struct {
	Path string `json:"path"`
}

// Label is a name for a set of items in certain versions.
type Label struct {
	ID          int      `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scope       string   `json:"labelScope"`
	Modified    Date     `json:"modifiedDate"`
	Owner       Identity `json:"owner"`
}

// WorkItem is something that a changeset is about.
type WorkItem struct {
	ID int `json:"id"`
}

// Project is a team project.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
