package dav

import (
	"encoding/base64"
	"fmt"
	"io"
)

var errBase64 = fmt.Errorf("%w: a text that is not base64", errXML)

// base64Writer decodes what is written to it. Groups may be divided by white
// space and between two writes.
type base64Writer struct {
	to      io.Writer
	pending []byte // less than a group
	ended   bool   // by padding
	clean   []byte
	decoded []byte
}

// Write decodes b as far as its groups are complete.
func (w *base64Writer) Write(b []byte) (int, error) {
	w.clean = append(w.clean[:0], w.pending...)
	for _, c := range b {
		if !isSpace(c) {
			w.clean = append(w.clean, c)
		}
	}
	whole := len(w.clean) &^ 3
	w.pending = append(w.pending[:0], w.clean[whole:]...)
	if whole == 0 {
		return len(b), nil
	}
	if w.ended {
		return 0, errBase64
	}
	w.ended = w.clean[whole-1] == '='
	var err error
	w.decoded, err = base64.StdEncoding.AppendDecode(w.decoded[:0], w.clean[:whole])
	if err != nil {
		return 0, errBase64
	}
	if _, err := w.to.Write(w.decoded); err != nil {
		return 0, err
	}
	return len(b), nil
}

// close reports whether the last group is complete.
func (w *base64Writer) close() error {
	if len(w.pending) > 0 {
		return errBase64
	}
	return nil
}
