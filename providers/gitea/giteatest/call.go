package giteatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const maxRequest = 64 << 20

// object is a JSON object of the API.
type object = map[string]any

// call is one request of the API, being answered. The model is locked.
type call struct {
	*Model
	r      *http.Request
	header http.Header // of the answer
	params map[string]string
	query  url.Values
	body   []byte

	doer *User       // in whose name it is; nil: nobody's
	repo *Repository // when the path names one
	org  *User       // likewise
	team *Team
}

// reply is an answer: a status, and a body that becomes JSON unless it is []byte
// or nil.
type reply struct {
	status int
	body   any
}

func ok(body any) (reply, error)      { return reply{http.StatusOK, body}, nil }
func created(body any) (reply, error) { return reply{http.StatusCreated, body}, nil }
func none() (reply, error)            { return reply{http.StatusNoContent, nil}, nil }

// failure is an answer that refuses.
type failure struct {
	status  int
	message string
	errors  []string
	bare    bool // without a body
	null    bool // with null as its body
	listed  bool // with the list of errors, as 404 has
	body    any  // instead of all that
}

func (f *failure) Error() string { return f.message }

func refuse(status int, format string, args ...any) error {
	return &failure{status: status, message: fmt.Sprintf(format, args...)}
}

// missing is a 404; the parts are a message and errors, as Gitea has them.
func missing(message string, errs ...string) error {
	if message == "" {
		message = "not found"
	}
	return &failure{status: http.StatusNotFound, message: message, errors: errs, listed: true}
}

// bare is a refusal without a body.
func bare(status int) error {
	return &failure{status: status, message: http.StatusText(status), bare: true}
}

func (f *failure) reply(base string, toAdmin bool) reply {
	switch {
	case f.bare:
		return reply{f.status, nil}
	case f.null:
		return reply{f.status, json.RawMessage("null")}
	case f.body != nil:
		return reply{f.status, f.body}
	}
	message := f.message
	if f.status == http.StatusInternalServerError && !toAdmin {
		message = "" // what went wrong inside is for administrators
	}
	body := object{"message": message, "url": base + "/api/swagger"}
	if f.listed {
		body["errors"] = f.errors
	}
	return reply{f.status, body}
}

// serveAPI answers a request of the API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	c := &call{Model: s.Model, r: r, header: w.Header(), query: r.URL.Query(), body: body}
	answer, err := s.answer(c)
	toAdmin := c.doer != nil && c.doer.Admin
	var refused *failure
	switch {
	case errors.As(err, &refused):
		answer = refused.reply(s.Model.url, toAdmin)
	case err != nil:
		answer = (&failure{status: http.StatusInternalServerError, message: err.Error()}).reply(s.Model.url, toAdmin)
	}
	c.send(w, answer)
}

func (c *call) send(w http.ResponseWriter, answer reply) {
	switch body := answer.body.(type) {
	case nil:
		w.WriteHeader(answer.status)
	case []byte:
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		w.WriteHeader(answer.status)
		w.Write(body)
	default:
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(answer.status)
		json.NewEncoder(w).Encode(body)
	}
}

// answer finds out who asks and what for, whether they may, and lets the
// route's handler answer.
func (s *Server) answer(c *call) (reply, error) {
	user, valid := c.authenticate(c.r)
	if !valid {
		return reply{}, refuse(http.StatusUnauthorized, "invalid username, password or token")
	}
	c.doer = user
	if err := c.sudo(); err != nil {
		return reply{}, err
	}
	found, params := match(s.table, c.r.Method, strings.TrimPrefix(c.r.URL.EscapedPath(), "/api/v1/"))
	if found == nil {
		return reply{}, missing("")
	}
	c.params = params
	if err := c.bind(); err != nil {
		return reply{}, err
	}
	if err := found.need.check(c); err != nil {
		return reply{}, err
	}
	return found.do(c)
}

func (c *call) sudo() error {
	name := sudoName(c.r)
	if name == "" {
		return nil
	}
	if c.doer == nil || !c.doer.Admin {
		return &failure{status: http.StatusForbidden, body: object{"message": "Only administrators allowed to sudo."}}
	}
	u := c.user(name)
	if u == nil {
		return missing("")
	}
	c.doer = u
	return nil
}

// bind finds what the path names: a repository, an organization or a team.
func (c *call) bind() error {
	if owner, name := c.params["owner"], c.params["repo"]; owner != "" && name != "" {
		if c.repo = c.Model.repo(owner, name); c.repo == nil {
			if id, ok := c.moved[strings.ToLower(owner+"/"+name)]; ok {
				c.repo = c.repos[id]
			}
		}
		if c.repo == nil && c.user(owner) == nil {
			return missing("GetUserByName", fmt.Sprintf("user redirect does not exist [name: %s]", owner))
		}
		if c.repo == nil || c.access(c.doer, c.repo, "") == None {
			return missing("")
		}
	}
	if name := c.params["org"]; name != "" {
		c.org = c.user(name)
		if c.org == nil || !c.org.Organization {
			return missing("GetOrgByName", fmt.Sprintf("user redirect does not exist [name: %s]", name))
		}
		if c.org.Visibility == "private" && (c.doer == nil || !c.doer.Admin && !c.member(c.doer, c.org)) {
			return missing("HasOrgOrUserVisible")
		}
	}
	if text := c.params["teamid"]; text != "" {
		for _, t := range c.teams {
			if itoa(t.ID) == text {
				c.team = t
				return nil
			}
		}
		return missing("")
	}
	return nil
}

// number reads a parameter of the path that is a number; what is none is 0, which
// nothing has.
func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.params[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// read decodes the body of a request.
func (c *call) read(into any) error {
	if len(c.body) == 0 {
		return refuse(http.StatusUnprocessableEntity, "[]: Empty Content-Type")
	}
	if err := json.Unmarshal(c.body, into); err != nil {
		return refuse(http.StatusUnprocessableEntity, "[]: %v", err)
	}
	return nil
}

// readMap decodes the body of a request as an object, for options that are kept by
// their names.
func (c *call) readMap() (object, error) {
	var o object
	return o, c.read(&o)
}

// required refuses the values that are empty and must not be. They come in pairs:
// Gitea's name of the field, and the value.
func required(pairs ...any) error {
	for n := 0; n < len(pairs); n += 2 {
		if reflect.ValueOf(pairs[n+1]).IsZero() {
			return refuse(http.StatusUnprocessableEntity, "[%s]: Required", pairs[n])
		}
	}
	return nil
}

// file reads the file of an upload: the part called attachment, or a body of
// bytes with the name in the query.
func (c *call) file() (name string, data []byte, err error) {
	kind, parameters, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return c.query.Get("name"), c.body, nil
	}
	name, data, err = formFile(c.body, parameters["boundary"], "attachment")
	if err != nil {
		return "", nil, err
	}
	if given := c.query.Get("name"); given != "" {
		name = given
	}
	return name, data, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// stamp writes a time, zero as the beginning of Unix time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "1970-01-01T00:00:00Z"
	}
	return t.UTC().Format(time.RFC3339)
}

// optional writes a time, zero as null.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// endOfDay is how Gitea keeps a due date.
func endOfDay(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 23, 59, 59, 0, t.Location()).UTC()
}
