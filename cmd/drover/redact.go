package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/url"
	"sync"
)

// redactor replaces live secrets, and the forms in which programs show them, in
// everything that is written. It is the last of several guards: secrets should
// not come this far.
type redactor struct {
	mu      sync.RWMutex
	secrets [][]byte
}

// add makes a secret known. Texts too short to be a secret are not added,
// because hiding them would garble ordinary output.
func (r *redactor) add(secret string) {
	if len(secret) < 6 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)),
		base64.URLEncoding.EncodeToString([]byte(secret)),
	} {
		r.secrets = append(r.secrets, []byte(form))
	}
}

func (r *redactor) clean(p []byte) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, s := range r.secrets {
		if bytes.Contains(p, s) {
			p = bytes.ReplaceAll(p, s, []byte("(secret)"))
		}
	}
	return p
}

// writer returns w with secrets replaced in every write.
func (r *redactor) writer(w io.Writer) io.Writer { return &redacted{r, w} }

// under returns the writer behind one that writer returned.
func (r *redactor) under(w io.Writer) io.Writer {
	if x, ok := w.(*redacted); ok {
		return x.w
	}
	return w
}

type redacted struct {
	r *redactor
	w io.Writer
}

func (x *redacted) Write(p []byte) (int, error) {
	if _, err := x.w.Write(x.r.clean(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
