package contracttest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// finding is one thing that a value and its schema disagree about.
type finding struct {
	at      string // ".labels[2].color"; empty for the value itself
	reason  string
	missing string // the name of a required member that is absent
}

// findings takes an error of a comparison apart.
func findings(err error) []finding {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		var all []finding
		for _, e := range many {
			all = append(all, findings(e)...)
		}
		return all
	}
	var one *openapi3.SchemaError
	if !errors.As(err, &one) {
		return []finding{{reason: err.Error()}}
	}
	if one.SchemaField == "nullable" && one.Schema != nil && one.Schema.Type.IsEmpty() {
		return nil // of what nothing is said may be null
	}
	f := finding{reason: one.Reason}
	path := one.JSONPointer()
	if one.SchemaField == "required" && len(path) > 0 {
		f.missing = path[len(path)-1]
	}
	for _, step := range path {
		f.at += pathStep(step)
	}
	switch one.Value.(type) {
	case string, float64, bool:
		f.reason += fmt.Sprintf("; it is %.80q", fmt.Sprint(one.Value))
	}
	if one.Origin != nil {
		if inner := one.Origin.Error(); !strings.Contains(f.reason, inner) {
			f.reason += ": " + inner
		}
	}
	return []finding{f}
}

// pathStep writes one step of a path: an index or a name.
func pathStep(step string) string {
	if _, err := strconv.Atoi(step); err == nil {
		return "[" + step + "]"
	}
	return "." + step
}
