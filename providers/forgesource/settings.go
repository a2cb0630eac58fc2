package forgesource

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Decode reads settings that were checked against the description before.
func Decode(settings json.RawMessage, into any) error {
	if len(settings) == 0 {
		return nil
	}
	if err := json.Unmarshal(settings, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	return nil
}

// Unfit says that the value of an attribute cannot be used.
func Unfit(attribute, value, hint string) error {
	return Refused(attribute, fmt.Sprintf("%q cannot be used", schema.Printable(value)), hint)
}

// Refused says why an attribute cannot be used, without its value.
func Refused(attribute, message, hint string) error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read " + attribute, Attribute: attribute, Message: message, Hint: hint}
}

// Token is the access token that stands in a secret.
func Token(config providers.Config, attribute string) (string, error) {
	token := strings.TrimSpace(config.Secrets[attribute])
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", Refused(attribute, "it is empty, or contains a character that no token has", "make a token in the settings of the account and put it into the secret")
	}
	return token, nil
}

// File is the absolute path of a file that a setting names; empty when it names none.
// A relative path starts at the folder of the plan.
func File(config providers.Config, name string) (string, error) {
	if name == "" || filepath.IsAbs(name) {
		return name, nil
	}
	file, err := filepath.Abs(filepath.Join(config.Dir, name))
	if err != nil {
		return "", providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
	}
	return file, nil
}

// Number is the number that an identity is; 0 when there is no identity.
func Number(identity string) (int64, error) {
	if identity == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(identity, 10, 64)
	if err != nil || n <= 0 {
		return 0, providers.Errorf(providers.CodeInvalid, "the identity %q is not that of a repository on this server", schema.Printable(identity))
	}
	return n, nil
}

// IsName reports whether s could be one part of an address: it has none but the
// characters that forges make names of, no more than longest, and a path would not
// take it for something else.
func IsName(s string, longest int) bool {
	return s != "" && len(s) <= longest && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

// Text takes a string or a number.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil {
		*t = Text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return fmt.Errorf("neither text nor a number: %w", err)
	}
	*t = Text(n)
	return nil
}
