package schema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Address names one declared resource, such as repository.handbook or
// repository.acme["acme/api"].
type Address string

// NewAddress returns the address of an instance of a block. A nil key means
// that the block has no for_each.
func NewAddress(block, name string, key *string) Address {
	if key == nil {
		return Address(block + "." + name)
	}
	return Address(block + "." + name + "[" + quoteKey(*key) + "]")
}

// Block returns the address without its key: the block that declares it.
func (a Address) Block() string {
	if i := strings.IndexByte(string(a), '['); i >= 0 {
		return string(a[:i])
	}
	return string(a)
}

// Kind returns the word of the block that declares it: repository, group or
// gists.
func (a Address) Kind() string {
	kind, _, _ := strings.Cut(string(a), ".")
	return kind
}

// Key returns the instance's key, and whether there is one.
func (a Address) Key() (string, bool) {
	_, key, err := a.split()
	if err != nil || key == nil {
		return "", false
	}
	return *key, true
}

// Check reports whether a is written as an address is.
func (a Address) Check() error {
	_, _, err := a.split()
	return err
}

// Display is what a person reads for a: the key when there is one, else the
// block's name.
func (a Address) Display() string {
	if key, ok := a.Key(); ok {
		return key
	}
	if _, name, ok := strings.Cut(string(a), "."); ok {
		return name
	}
	return string(a)
}

func (a Address) split() (block string, key *string, err error) {
	s := string(a)
	block, rest, keyed := strings.Cut(s, "[")
	kind, name, ok := strings.Cut(block, ".")
	if !ok || !isName(kind) || !isName(name) {
		return "", nil, fmt.Errorf("%q is not an address; write one such as repository.api or repository.acme[\"acme/api\"]", Printable(s))
	}
	if !keyed {
		return block, nil, nil
	}
	k, err := unquoteKey(strings.TrimSuffix(rest, "]"))
	if err != nil || !strings.HasSuffix(rest, "]") {
		return "", nil, fmt.Errorf("%q is not an address: its key must stand in [\"...\"]", Printable(s))
	}
	return block, &k, nil
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// quoteKey writes key as a plan file would: HCL's escapes, with template
// introducers doubled.
func quoteKey(key string) string {
	q := strconv.Quote(key)
	q = strings.ReplaceAll(q, "${", "$${")
	return strings.ReplaceAll(q, "%{", "%%{")
}

func unquoteKey(q string) (string, error) {
	if len(q) < 2 || q[0] != '"' {
		return "", errors.New("not quoted")
	}
	q = strings.ReplaceAll(q, "$${", "${")
	q = strings.ReplaceAll(q, "%%{", "%{")
	return strconv.Unquote(q)
}
