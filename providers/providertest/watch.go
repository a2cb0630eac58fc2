package providertest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
)

// leastSecret is the length of the shortest secret that is looked for. Shorter
// ones stand in ordinary text by chance.
const leastSecret = 6

// watch looks for secrets in what a provider says. Its Write takes the log.
type watch struct {
	mu    sync.Mutex
	forms []form
	found []string // where a secret was seen
}

// form is one way of writing a secret.
type form struct {
	attribute string
	text      []byte
}

// add makes a secret known, in the forms in which programs show them.
func (w *watch) add(attribute, secret string) {
	if len(secret) < leastSecret {
		return
	}
	texts := []string{
		secret, strings.TrimSpace(secret), quoted(secret, true), quoted(secret, false), url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range texts {
		known := slices.ContainsFunc(w.forms, func(f form) bool { return string(f.text) == text })
		if len(text) >= leastSecret && !known {
			w.forms = append(w.forms, form{attribute, []byte(text)})
		}
	}
}

// quoted is a secret as it stands inside a JSON string. Go's encoder by default
// escapes what HTML would not bear, and others do not.
func quoted(secret string, forHTML bool) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(forHTML)
	if err := encoder.Encode(secret); err != nil {
		return "" // strings can always be encoded
	}
	line := text.String()
	return line[1 : len(line)-len("\"\n")]
}

// has reports whether any secret is known.
func (w *watch) has() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.forms) > 0
}

// look looks for secrets in a text that was seen somewhere.
func (w *watch) look(where string, text []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.forms {
		if !bytes.Contains(text, f.text) {
			continue
		}
		if seen := fmt.Sprintf("the secret %s is in %s", f.attribute, where); !slices.Contains(w.found, seen) {
			w.found = append(w.found, seen)
		}
	}
}

// see looks into a value that the provider returned.
func (w *watch) see(where string, v any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err == nil {
		w.look(where, text.Bytes())
	}
}

// fail looks into an error.
func (w *watch) fail(where string, err error) {
	if err == nil {
		return
	}
	w.look("the error of "+where, []byte(err.Error()))
	var e *providers.Error
	if errors.As(err, &e) {
		w.see("the error of "+where, e)
	}
}

// Write takes what the provider logs, a record at a time.
func (w *watch) Write(line []byte) (int, error) {
	w.look("the log", line)
	return len(line), nil
}

// err says where secrets were seen.
func (w *watch) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.found) == 0 {
		return nil
	}
	return errors.New(strings.Join(w.found, "\n"))
}
