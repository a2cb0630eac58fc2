package gitlabtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// formFile is a file of a form.
type formFile struct {
	name string
	data []byte
}

// parse reads what a request says, in its address and in its body, which may be
// JSON or a form: GitLab makes no difference.
func (c *call) parse() error {
	c.in, c.files = object{}, map[string]formFile{}
	for name, values := range c.r.URL.Query() {
		put(c.in, name, values)
	}
	kind, parameters, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		if len(c.body) == 0 {
			return nil
		}
		var given object
		d := json.NewDecoder(bytes.NewReader(c.body))
		d.UseNumber()
		if err := d.Decode(&given); err != nil {
			return malformed("400 Bad Request: " + err.Error())
		}
		for name, value := range given {
			c.in[name] = value
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return malformed("400 Bad Request")
		}
		for _, name := range slices.Sorted(keysOf(form)) {
			put(c.in, name, form[name])
		}
	case "multipart/form-data":
		return c.parseMultipart(parameters["boundary"])
	case "", "application/octet-stream":
	default:
		if len(c.body) > 0 {
			return &failure{status: http.StatusUnsupportedMediaType, body: object{"error": "The provided content-type '" + kind + "' is not supported."}}
		}
	}
	return nil
}

func keysOf(v url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range v {
			if !yield(name) {
				return
			}
		}
	}
}

func (c *call) parseMultipart(boundary string) error {
	r := multipart.NewReader(bytes.NewReader(c.body), boundary)
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return malformed("400 Bad Request: " + err.Error())
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return malformed("400 Bad Request: " + err.Error())
		}
		if p.FileName() != "" {
			c.files[p.FormName()] = formFile{name: path.Base(p.FileName()), data: data}
			continue
		}
		put(c.in, p.FormName(), []string{string(data)})
	}
}

// put puts values under a name of a form, in which brackets say what is in what:
// "iids[]", "position[line_range][start]".
func put(into object, name string, values []string) {
	open := strings.IndexByte(name, '[')
	if open <= 0 || !strings.HasSuffix(name, "]") {
		into[name] = values[len(values)-1]
		return
	}
	first, inner := name[:open], name[open+1:]
	inner, rest, _ := strings.Cut(inner, "]")
	if inner == "" {
		list, _ := into[first].([]any)
		for _, v := range values {
			list = append(list, v)
		}
		into[first] = list
		return
	}
	nested, ok := into[first].(object)
	if !ok {
		nested = object{}
		into[first] = nested
	}
	put(nested, inner+rest, values)
}

// has says whether a parameter is given, be it null.
func (c *call) has(name string) bool { _, ok := c.in[name]; return ok }

// any says whether one of several is given.
func (c *call) any(names ...string) bool { return slices.ContainsFunc(names, c.has) }

// text is a parameter as a text; empty when it is not given.
func (c *call) text(name string) string { return textOf(c.in[name]) }

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = textOf(e)
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

// number is a parameter as a number, of the address's path or of the input; 0 when
// it is none.
func (c *call) number(name string) int64 {
	text := c.r.PathValue(name)
	if text == "" {
		text = c.text(name)
	}
	return numberOf(text)
}

func numberOf(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// on says whether a parameter is given as true.
func (c *call) on(name string) bool { return truthy(c.in[name]) }

func truthy(v any) bool {
	switch strings.ToLower(textOf(v)) {
	case "true", "1", "t", "yes", "on":
		return true
	}
	return false
}

// list is a parameter that is an array, or a text with commas.
func (c *call) list(name string) []string {
	if all, ok := c.in[name].([]any); ok && len(all) != 1 {
		parts := make([]string, len(all))
		for i, e := range all {
			parts[i] = textOf(e)
		}
		return parts
	}
	var parts []string
	for _, p := range strings.Split(c.text(name), ",") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// numbers is a parameter that is an array of numbers; 0 stands for nobody.
func (c *call) numbers(name string) []int64 {
	var all []int64
	for _, text := range c.list(name) {
		if n := numberOf(text); n != 0 {
			all = append(all, n)
		}
	}
	return all
}

// objects is a parameter that is an array of objects.
func (c *call) objects(name string) []object {
	list, _ := c.in[name].([]any)
	var all []object
	for _, e := range list {
		if o, ok := e.(object); ok {
			all = append(all, o)
		}
	}
	return all
}

// time is a parameter that is a time; zero when it is not given or none.
func (c *call) time(name string) time.Time { return timeOf(c.text(name)) }

func timeOf(text string) time.Time {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// needs refuses a request in which a required parameter is missing.
func (c *call) needs(names ...string) error {
	var problems []string
	for _, name := range names {
		if !c.has(name) && c.files[name].name == "" {
			problems = append(problems, name+" is missing")
		}
	}
	if len(problems) > 0 {
		return malformed(strings.Join(problems, ", "))
	}
	return nil
}

// oneOf refuses a parameter that has none of the values.
func (c *call) oneOf(name string, values ...string) error {
	if !c.has(name) || slices.Contains(values, c.text(name)) {
		return nil
	}
	return malformed(name + " does not have a valid value")
}

// integer refuses parameters that are no numbers.
func (c *call) integer(names ...string) error {
	for _, name := range names {
		text := c.text(name)
		if _, err := strconv.ParseInt(text, 10, 64); err != nil && text != "" {
			return malformed(name + " is invalid")
		}
	}
	return nil
}

// dated refuses parameters that are no times.
func (c *call) dated(names ...string) error {
	for _, name := range names {
		if c.text(name) != "" && c.time(name).IsZero() {
			return malformed(name + " is invalid")
		}
	}
	return nil
}

// atLeast refuses a request that says none of several things.
func (c *call) atLeast(names ...string) error {
	if c.any(names...) {
		return nil
	}
	return malformed(strings.Join(names, ", ") + " are missing, at least one parameter must be provided")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// digest is a text that nothing else has.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func disposition(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
