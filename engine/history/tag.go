package history

import (
	"bytes"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// tagged is what a tag object is about.
type tagged struct {
	object gitpack.ID
	kind   string
	date   int64 // of the tagger
}

// parseTag reads a tag. It fails for what git does not take for one either.
func parseTag(data []byte) (tagged, bool) {
	var t tagged
	for f := range fields(data) {
		switch {
		case f.start == 0 && f.is("object"):
			id, err := gitpack.ParseID(string(f.value))
			if err != nil {
				return tagged{}, false
			}
			t.object = id
		case f.is("type") && t.kind == "":
			t.kind = string(f.value)
		case f.is("tagger"):
			t.date = dateOf(f.value)
		}
	}
	return t, !t.object.IsZero() && t.kind != ""
}

// tag returns data as it becomes, or nil if it stays, and how many signatures
// were dropped because they hold no longer.
func (e *editor) tag(data []byte, to renames) (edited []byte, dropped int64) {
	e.changes = e.changes[:0]
	set := charsetOf(encodingOf(data))
	message := 0
	for f := range fields(data) {
		message = f.end
		switch {
		case f.start == 0 && f.is("object"):
			e.rename(f, to.object)
		case f.is("tagger"):
			e.person(f, set)
		}
	}
	signature := signatureStart(data, message)
	e.message(data, message, signature, set, to)
	if len(e.changes) == 0 {
		return nil, 0
	}
	if signature < len(data) {
		e.changes.remove(signature, len(data))
		dropped++
	}
	for f := range fields(data) {
		if f.is("gpgsig") || f.is("gpgsig-sha256") {
			e.changes.remove(f.start, f.end)
			dropped++
		}
	}
	return e.changes.apply(data), dropped
}

// signatureStart returns where the signature at the end of a tag begins, or
// the length of data. As for git it is the last line that looks like the
// beginning of one.
func signatureStart(data []byte, message int) int {
	start := len(data)
	for at := message; at < len(data); at = endOfLine(data, at) {
		line := data[at:]
		for _, head := range []string{
			"-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
			"-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----",
		} {
			if bytes.HasPrefix(line, []byte(head)) {
				start = at
			}
		}
	}
	return start
}
