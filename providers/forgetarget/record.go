package forgetarget

import (
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Decode reads the body of a record.
func Decode[T any](w providers.Write) (T, error) {
	var body T
	if err := json.Unmarshal(w.Record.Body, &body); err != nil {
		return body, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the body is not that of a %s", w.Record.Kind), Err: err}
	}
	return body, nil
}

// Related returns the ref of a record that w names.
func Related(w providers.Write, key schema.Key) (schema.Ref, bool) {
	for _, r := range w.Related {
		if r.Key == key && r.Ref.ID != "" {
			return r.Ref, true
		}
	}
	return schema.Ref{}, false
}
