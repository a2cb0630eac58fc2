package graphql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// isNull recognises null. A zero time is null as well: it is how Go says that
// something has not happened.
func isNull(v any) bool {
	if v == nil {
		return true
	}
	t, ok := v.(time.Time)
	return ok && t.IsZero()
}

// writeLeaf writes a value of a scalar or enum type, or says why it is none.
func writeLeaf(out *bytes.Buffer, def *ast.Definition, v any) string {
	if def.Kind == ast.Enum {
		name, ok := v.(string)
		if !ok || def.EnumValues.ForName(name) == nil {
			return fmt.Sprintf("%v is no value of %s", v, def.Name)
		}
		writeString(out, name)
		return ""
	}
	switch v := v.(type) {
	case bool:
		if def.Name == "Boolean" {
			out.WriteString(strconv.FormatBool(v))
			return ""
		}
	case int:
		return writeNumber(out, def.Name, int64(v))
	case int64:
		return writeNumber(out, def.Name, v)
	case float64:
		if def.Name == "Float" {
			fmt.Fprint(out, v)
			return ""
		}
	case time.Time:
		return writeTime(out, def.Name, v)
	case string:
		if problem := checkText(def.Name, v); problem != "" {
			return problem
		}
		writeString(out, v)
		return ""
	}
	return fmt.Sprintf("%T for %s", v, def.Name)
}

func writeNumber(out *bytes.Buffer, typeName string, n int64) string {
	switch typeName {
	case "Int":
		if n < math.MinInt32 || n > math.MaxInt32 {
			return fmt.Sprintf("%d is beyond 32 bits", n)
		}
		out.WriteString(strconv.FormatInt(n, 10))
	case "Float":
		out.WriteString(strconv.FormatInt(n, 10))
	case "BigInt":
		// Beyond what every reader of JSON can hold, so it travels as text.
		writeString(out, strconv.FormatInt(n, 10))
	default:
		return fmt.Sprintf("a number for %s", typeName)
	}
	return ""
}

func writeTime(out *bytes.Buffer, typeName string, t time.Time) string {
	layout := time.RFC3339
	switch typeName {
	case "DateTime", "GitTimestamp":
	case "PreciseDateTime":
		layout = "2006-01-02T15:04:05.000Z07:00"
	case "Date":
		layout = time.DateOnly
	default:
		return fmt.Sprintf("a time for %s", typeName)
	}
	writeString(out, t.UTC().Format(layout))
	return ""
}

func checkText(typeName, text string) string {
	switch typeName {
	case "String", "HTML", "GitSSHRemote", "Base64String", "X509Certificate":
		return ""
	case "ID", "GitRefname":
		if text == "" {
			return "an empty " + typeName
		}
		return ""
	case "URI":
		if _, err := url.Parse(text); err != nil || text == "" {
			return fmt.Sprintf("%q is no URI", text)
		}
		return ""
	case "GitObjectID":
		if !isObjectID(text) {
			return fmt.Sprintf("%q is no object id", text)
		}
		return ""
	}
	return fmt.Sprintf("a string for %s", typeName)
}

func isObjectID(text string) bool {
	if len(text) != 40 && len(text) != 64 {
		return false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func writeString(out *bytes.Buffer, text string) {
	quoted, err := json.Marshal(text)
	if err != nil {
		quoted = []byte(`""`) // a string cannot fail to be encoded
	}
	out.Write(quoted)
}
