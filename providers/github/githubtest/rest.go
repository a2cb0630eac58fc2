package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// fields is a JSON object.
type fields = map[string]any

// call is one request to REST while it is answered. Everything is read inside
// Model.View.
type call struct {
	s     *Server
	m     *Model
	r     *http.Request
	head  http.Header // of the answer
	token *Token
	api   string // address of REST
	web   string // address of the pages
	repo  *Repository
}

// failure is an answer that says what is wrong.
type failure struct {
	status  int
	message string
	header  http.Header
	url     string // of a redirect
}

func (f *failure) Error() string { return fmt.Sprintf("%d: %s", f.status, f.message) }

func notFound() *failure { return &failure{status: http.StatusNotFound, message: "Not Found"} }

func writeFailure(w http.ResponseWriter, f *failure) {
	body := fields{"message": f.message, "documentation_url": "https://docs.github.com/rest"}
	switch {
	case f.url != "":
		body["url"] = f.url
		w.Header().Set("Location", f.url)
	default:
		body["status"] = strconv.Itoa(f.status)
	}
	for name, values := range f.header {
		w.Header()[name] = values
	}
	writeJSON(w, f.status, encode(body))
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte(`{"message":"` + err.Error() + `"}`) // nothing here cannot be encoded
	}
	return bytes.TrimSpace(b.Bytes())
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// route is an operation: method and path as GitHub's description writes them,
// and what answers it. A nil answer without failure is 204.
type route struct {
	pattern string
	answer  func(*call) (any, error)
}

// newREST returns the handler of all routes, checked against the description.
func (s *Server) newREST() (http.Handler, error) {
	find := newMatcher(routes())
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, ok := find.find(r)
		if !ok {
			writeFailure(w, notFound())
			return
		}
		s.answer(w, r, to)
	})
	if s.checked {
		c, err := loadContract()
		if err != nil {
			return nil, err
		}
		h = c.Handler(h, described, s.Violated)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.byID(r) {
			h.ServeHTTP(w, r)
			return
		}
		writeFailure(w, notFound())
	}), nil
}

// byID turns /repositories/ID/..., where the links of pages lead, into the path
// of the repository by name. It reports whether there is such a repository.
func (s *Server) byID(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/repositories/")
	if !ok {
		return true
	}
	text, rest, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	var repo *Repository
	s.Model.View(func() { repo = s.Model.RepositoryByID(id) })
	if repo == nil {
		return false
	}
	path := "/repos/" + repo.FullName()
	if rest != "" {
		path += "/" + rest
	}
	r.URL.RawPath = path
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		return false
	}
	return true
}

// answer answers one request, within the limits.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, to route) {
	s.count(to.pattern)
	from := callerFrom(r.Context())
	token := from.token
	resource, cost := "core", int64(1)
	if strings.HasPrefix(r.URL.Path, "/search/") {
		resource = "search"
	}
	if r.URL.Path == "/rate_limit" {
		cost = 0
	}
	left, ok := s.spend(token, resource, cost)
	limitHeaders(w.Header(), resource, left)
	if !ok {
		writeFailure(w, s.overLimit(token))
		return
	}
	c := &call{s: s, m: s.Model, r: r, head: w.Header(), token: token, web: s.URL, api: s.APIURL()}
	if !from.enterprise {
		c.api = s.URL
	}
	var body []byte
	var err error
	s.Model.View(func() { body, err = c.run(to) })
	var f *failure
	if errors.As(err, &f) {
		writeFailure(w, f)
		return
	}
	if err != nil {
		writeFailure(w, &failure{status: http.StatusInternalServerError, message: err.Error()})
		return
	}
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if cost > 0 && s.unchanged(w, r, body) {
		left, _ = s.spend(token, resource, -cost)
		limitHeaders(w.Header(), resource, left)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// unchanged gives the answer an ETag and reports whether the client has it
// already, which costs no budget.
func (s *Server) unchanged(w http.ResponseWriter, r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
	w.Header().Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	for _, have := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if have = strings.TrimSpace(have); have == etag || have == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// run finds the repository that the path names, and answers.
func (c *call) run(to route) ([]byte, error) {
	if owner := c.r.PathValue("owner"); owner != "" {
		repo, moved := c.m.Repository(owner, c.r.PathValue("repo"))
		if repo == nil || !c.m.May(c.token, repo, "read") {
			return nil, notFound()
		}
		if moved {
			rest := strings.SplitN(c.r.URL.EscapedPath(), "/", 5) // "", repos, owner, repo, rest
			at := c.api + "/repositories/" + strconv.FormatInt(repo.ID, 10)
			if len(rest) > 4 {
				at += "/" + rest[4]
			}
			if c.r.URL.RawQuery != "" {
				at += "?" + c.r.URL.RawQuery
			}
			return nil, &failure{status: http.StatusMovedPermanently, message: "Moved Permanently", url: at}
		}
		c.repo = repo
	}
	v, err := to.answer(c)
	if err != nil || v == nil {
		return nil, err
	}
	return encode(v), nil
}

// number returns a path parameter that is a number; 0 when it is none.
func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// since returns the time that is asked for; zero: none.
func (c *call) since() time.Time {
	t, err := time.Parse(time.RFC3339, c.query("since"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// require refuses whoever has less than a permission in the repository.
func (c *call) require(permission string) error {
	if c.m.May(c.token, c.repo, permission) {
		return nil
	}
	if permission == "write" {
		return &failure{status: http.StatusForbidden, message: "Must have push access to view this."}
	}
	return notFound()
}

// reply is one object, or 404.
func reply[T any](found *T, render func(*T) fields) (any, error) {
	if found == nil {
		return nil, notFound()
	}
	return render(found), nil
}

// maxPage is the most items that a page has.
const maxPage = 100

// list answers with one page of items, and links to the others.
func list[T any](c *call, items []T, render func(T) fields) (any, error) {
	size, err := strconv.Atoi(c.query("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, maxPage)
	page, err := strconv.Atoi(c.query("page"))
	if err != nil || page < 1 {
		page = 1
	}
	last := max(1, (len(items)+size-1)/size)
	c.link(page, last)
	out := []fields{}
	for _, item := range items[min((page-1)*size, len(items)):min(page*size, len(items))] {
		out = append(out, render(item))
	}
	return out, nil
}

// link says where the other pages are: below the repository's id, as at GitHub.
func (c *call) link(page, last int) {
	path := c.r.URL.EscapedPath()
	if c.repo != nil {
		rest := strings.SplitN(path, "/", 5)
		path = "/repositories/" + strconv.FormatInt(c.repo.ID, 10) + "/" + rest[len(rest)-1]
	}
	at := func(page int, rel string) string {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(page))
		return "<" + c.api + path + "?" + q.Encode() + `>; rel="` + rel + `"`
	}
	var links []string
	if page > 1 {
		links = append(links, at(min(page-1, last), "prev"))
	}
	if page < last {
		links = append(links, at(page+1, "next"), at(last, "last"))
	}
	if page > 1 {
		links = append(links, at(1, "first"))
	}
	if len(links) > 0 {
		c.head.Set("Link", strings.Join(links, ", "))
	}
}

// bounded refuses pages of lists that GitHub does not page through to the end.
func (c *call) bounded() error {
	const most = 30_000
	size, _ := strconv.Atoi(c.query("per_page"))
	page, _ := strconv.Atoi(c.query("page"))
	if min(max(size, 1), maxPage)*page > most {
		return &failure{status: http.StatusUnprocessableEntity, message: "In order to keep the API fast for everyone, pagination is limited for this resource."}
	}
	return nil
}

// stamp is a time as GitHub writes it; nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNull turns what is empty into null.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
