package imports

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// decode reads settings that were checked against the source's description before.
func decode(settings json.RawMessage, into any) error {
	if len(settings) == 0 {
		return nil
	}
	if err := json.Unmarshal(settings, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings of the source are not what its provider describes: %w", err)
	}
	return nil
}

// secret returns a secret of the source, or says which one is missing.
func secret(req providers.ImportRequest, name string) (string, error) {
	text := strings.TrimSpace(req.Secrets[name])
	if text == "" {
		return "", absent(name, "set it in the source block: GitLab signs in to the source by itself")
	}
	return text, nil
}

func absent(attribute, hint string) error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "start an import", Attribute: attribute, Message: attribute + " is not set", Hint: hint}
}

// number reads an id that is a number, or a text that holds one.
func number(raw json.RawMessage) string {
	return strings.Trim(strings.TrimSpace(string(raw)), `"`)
}

// namespace is where a project is to go. At the root of GitLab there are groups
// only.
func namespace(req providers.ImportRequest) (string, error) {
	n := strings.Trim(req.Place.Namespace, "/")
	if n == "" {
		return "", absent("target_namespace", "name a group, or your own namespace: GitLab keeps no project outside of one")
	}
	return n, nil
}

// quoted is a text of others in a message.
func quoted(text string) string { return fmt.Sprintf("%q", schema.Printable(text)) }
