package tfvctest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/contracttest"
)

const (
	collectionName = "DefaultCollection"
	kindJSON       = "application/json"
)

// Interceptor may answer a request; it reports whether it did.
type Interceptor func(w http.ResponseWriter, r *http.Request) bool

// Intercept lets f see every request from now on; nil: nobody does.
func (c *Collection) Intercept(f Interceptor) { c.intercept.Store(&f) }

// Serve serves the collection until the test ends and returns its URL. Calling
// it again returns the same URL.
func (c *Collection) Serve() string {
	if c.base == "" {
		server := httptest.NewServer(c)
		c.t.Cleanup(server.Close)
		c.base = server.URL
	}
	return c.base + "/" + collectionName
}

// Requests counts the requests that were answered, by the last words of their
// path: "changesets", "changes", "items", "itembatch".
func (c *Collection) Requests() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.requests)
}

// object is a JSON object.
type object = map[string]any

// reply is an answer in the making.
type reply struct {
	status int
	kind   string
	body   []byte
	token  string
}

// ServeHTTP implements http.Handler.
func (c *Collection) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := c.intercept.Load(); f != nil && *f != nil && (*f)(w, r) {
		return
	}
	w.Header().Set("X-TFS-ProcessId", "00000000-0000-0000-0000-000000000001")
	if _, password, _ := r.BasicAuth(); c.Password != "" && password != c.Password {
		w.Header().Set("WWW-Authenticate", `Basic realm="tfs"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o, described := c.contract.operation(r)
	if !described || o.named["organization"] != collectionName {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if c.MaxVersion != "" && r.URL.Query().Get("api-version") > c.MaxVersion {
		c.write(w, refused(http.StatusBadRequest, "VssVersionOutOfRangeException", "The requested REST API version is out of range for this server."))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	what := o.path[len(o.path)-1]
	if strings.HasPrefix(what, "{") {
		what = o.path[len(o.path)-2] + "/" + what
	}
	if len(o.path) > 1 && o.path[len(o.path)-2] == "{labelId}" {
		what = "labelItems"
	}
	c.requests[what]++
	answer := c.answer(what, o.named, r, body)
	for _, problem := range o.check(contracttest.Exchange{
		Request: r, RequestBody: body, Status: answer.status, Header: http.Header{"Content-Type": {answer.kind}}, Body: answer.body,
	}) {
		c.t.Error(problem)
	}
	c.write(w, answer)
}

func (c *Collection) write(w http.ResponseWriter, a reply) {
	w.Header().Set("Content-Type", a.kind)
	if a.token != "" {
		w.Header().Set("X-MS-ContinuationToken", a.token)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

func (c *Collection) answer(what string, named map[string]string, r *http.Request, body []byte) reply {
	q := r.URL.Query()
	switch what {
	case "projects":
		return c.page(q, c.listProjects())
	case "projects/{projectId}":
		for i, name := range c.projects {
			if strings.EqualFold(name, named["projectId"]) || projectID(i) == named["projectId"] {
				return found(object{"id": projectID(i), "name": name})
			}
		}
	case "changesets":
		return c.page(q, c.listChangesets(q))
	case "changesets/{id}":
		if s := c.numbered(named["id"]); s != nil {
			return found(s.wire(-1))
		}
	case "changes":
		if s := c.numbered(named["id"]); s != nil {
			return c.listChanges(q, s)
		}
	case "workItems":
		if s := c.numbered(named["id"]); s != nil {
			return list(s.items())
		}
	case "items":
		return c.items(q, r.Header.Get("Accept"))
	case "itembatch":
		return c.batch(body)
	case "branches":
		return c.listBranches(q)
	case "labels":
		return c.page(q, c.listLabels(q))
	case "labelItems":
		return c.labelItems(q, named["labelId"])
	}
	return refused(http.StatusNotFound, "NotFoundException", what+" was not found")
}

func refused(status int, key, message string) reply {
	data, _ := json.Marshal(object{"message": message, "typeKey": key}) // of strings
	return reply{status: status, kind: kindJSON, body: data}
}

func found(v any) reply {
	data, _ := json.Marshal(v) // of strings and numbers
	return reply{status: http.StatusOK, kind: kindJSON, body: data}
}

func list(values []object) reply {
	if values == nil {
		values = []object{}
	}
	return found(object{"count": len(values), "value": values})
}

// page is the part of a list that a request asks for.
func (c *Collection) page(q map[string][]string, values []object) reply {
	values = values[min(number(q, "$skip", 0), len(values)):]
	return list(values[:min(c.top(q), len(values))])
}

func (c *Collection) top(q map[string][]string) int {
	top := number(q, "$top", 100)
	if c.PageCap > 0 {
		top = min(top, c.PageCap)
	}
	return top
}

func number(q map[string][]string, name string, without int) int {
	if v := q[name]; len(v) == 1 {
		if n, err := strconv.Atoi(v[0]); err == nil && n >= 0 {
			return n
		}
	}
	return without
}

func first(q map[string][]string, name string) string {
	if v := q[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (c *Collection) numbered(id string) *set {
	for _, s := range c.sets {
		if strconv.Itoa(s.number) == id {
			return s
		}
	}
	return nil
}

func projectID(i int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", i+1) }

func (c *Collection) listProjects() (values []object) {
	for i, name := range c.projects {
		values = append(values, object{"id": projectID(i), "name": name})
	}
	return values
}

func (c *Collection) listChangesets(q map[string][]string) (values []object) {
	path, from, to := fold(first(q, "searchCriteria.itemPath")), number(q, "searchCriteria.fromId", 0), number(q, "searchCriteria.toId", 1<<30)
	if c.ExclusiveFrom && from > 0 {
		from++
	}
	for _, s := range c.sets {
		touches := slices.ContainsFunc(s.changes, func(x change) bool { return within(fold(x.item.path), path) || within(fold(x.source), path) })
		if s.number >= from && s.number <= to && touches {
			values = append(values, s.wire(number(q, "maxCommentLength", 80)))
		}
	}
	if first(q, "$orderby") != "id asc" {
		slices.Reverse(values)
	}
	return values
}

func (p Person) wire() object {
	return object{"id": "11111111-1111-1111-1111-111111111111", "displayName": p.Display, "uniqueName": p.Unique, "url": "https://example.com/identity"}
}

func (s *set) wire(length int) object {
	o := object{"changesetId": s.number, "author": s.by.wire(), "checkedInBy": s.checked.wire(), "createdDate": stamp(s.on)}
	if s.comment != "" {
		o["comment"] = s.comment
	}
	if length >= 0 && len(s.comment) > length {
		o["comment"], o["commentTruncated"] = s.comment[:length], true
	}
	return o
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999Z") }

func (s *set) items() (values []object) {
	for _, id := range s.workItems {
		values = append(values, object{"id": id, "title": "a title", "state": "Closed", "workItemType": "Bug", "url": fmt.Sprint("https://example.com/", id)})
	}
	return values
}

func (c *Collection) listChanges(q map[string][]string, s *set) reply {
	changes := slices.Clone(s.changes)
	if c.Reversed {
		slices.Reverse(changes)
	}
	skip := number(q, "$skip", 0)
	if c.Tokens {
		skip = number(q, "continuationToken", 0)
	}
	var values []object
	end := min(skip+c.top(q), len(changes))
	for _, x := range changes[min(skip, len(changes)):end] {
		values = append(values, c.wireChange(x))
	}
	answer := list(values)
	if c.Tokens && end < len(changes) {
		answer.token = strconv.Itoa(end)
	}
	return answer
}

func (c *Collection) wireChange(x change) object {
	o := object{"changeType": x.kind, "item": c.wireItem(x.item)}
	if x.source != "" {
		o["sourceServerItem"] = x.source
	}
	var merged []object
	for _, m := range x.merged {
		merged = append(merged, object{"serverItem": m.path, "versionFrom": m.from, "versionTo": m.to, "isRename": m.rename})
	}
	if merged != nil {
		o["mergeSources"] = merged
	}
	return o
}

func (c *Collection) wireItem(i item) object {
	o := object{"path": i.path, "version": i.version, "url": "https://example.com/item"}
	if i.folder {
		o["isFolder"] = true
		return o
	}
	if c.NoHashes {
		return o
	}
	sum := md5.Sum([]byte(i.data))
	o["hashValue"] = base64.StdEncoding.EncodeToString(sum[:])
	if len(i.data) > 0 { // members of the value zero are left out
		o["size"] = len(i.data)
	}
	return o
}

func (c *Collection) items(q map[string][]string, accept string) reply {
	version := number(q, "versionDescriptor.version", 1<<30)
	state := c.at(version)
	if path := first(q, "path"); path != "" {
		i := state[fold(path)]
		if i == nil || i.folder || c.gone[contentKey(i.path, i.version)] {
			return refused(http.StatusNotFound, "ItemNotFoundException", "TF14098: there is no item "+path)
		}
		if strings.Contains(accept, kindJSON) {
			return found(c.wireItem(*i))
		}
		return reply{status: http.StatusOK, kind: "application/octet-stream", body: []byte(i.data)}
	}
	path, depth := first(q, "scopePath"), first(q, "recursionLevel")
	var values []object
	if path == "$/" {
		values = append(values, c.wireItem(item{path: path, folder: true, version: 1}))
	}
	for _, i := range state.under(path) {
		rest := strings.Trim(i.path[len(path):], "/")
		if depth == "full" || !strings.Contains(rest, "/") {
			values = append(values, c.wireItem(*i))
		}
	}
	if values == nil {
		return refused(http.StatusNotFound, "ItemNotFoundException", "TF14098: there is no item "+path)
	}
	return list(values)
}

func contentKey(path string, version int) string { return fmt.Sprint(fold(path), ";", version) }

func (c *Collection) batch(body []byte) reply {
	if c.NoBatch {
		return refused(http.StatusNotFound, "NotFoundException", "no such method")
	}
	var asked struct {
		Items []struct{ Path, Version string } `json:"itemDescriptors"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return refused(http.StatusBadRequest, "ArgumentException", err.Error())
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, w := range asked.Items {
		version, _ := strconv.Atoi(w.Version) // or 0, in which there is nothing
		i := c.at(version)[fold(w.Path)]
		if i == nil || c.gone[contentKey(i.path, i.version)] {
			return refused(http.StatusNotFound, "ItemNotFoundException", "TF14098: there is no item "+w.Path)
		}
		f, err := z.Create(strings.TrimPrefix(i.path, "$/"))
		if err == nil {
			_, err = io.WriteString(f, i.data)
		}
		if err != nil {
			return refused(http.StatusInternalServerError, "Exception", err.Error())
		}
	}
	if err := z.Close(); err != nil {
		return refused(http.StatusInternalServerError, "Exception", err.Error())
	}
	return reply{status: http.StatusOK, kind: "application/zip", body: archive.Bytes()}
}

func (c *Collection) wireBranch(b *branch) object {
	o := object{"path": b.path, "createdDate": stamp(b.made), "owner": ann.wire()}
	latest := c.at(1 << 30)
	if latest[fold(b.path)] == nil {
		o["isDeleted"] = true
	}
	return o
}

func (c *Collection) listBranches(q map[string][]string) reply {
	var values []object
	if first(q, "includeChildren") == "true" {
		for _, b := range c.branches {
			if b.parent == "" {
				values = append(values, c.withChildren(b))
			}
		}
		return list(values)
	}
	for _, b := range c.branches {
		o := c.wireBranch(b)
		if within(fold(b.path), fold(first(q, "scopePath"))) && (o["isDeleted"] == nil || first(q, "includeDeleted") == "true") {
			values = append(values, o)
		}
	}
	return list(values)
}

func (c *Collection) withChildren(b *branch) object {
	o := c.wireBranch(b)
	children := []object{}
	for _, child := range c.branches {
		if child.parent != "" && fold(child.parent) == fold(b.path) {
			children = append(children, c.withChildren(child))
		}
	}
	o["children"] = children
	return o
}

func (c *Collection) listLabels(q map[string][]string) (values []object) {
	labels := slices.SortedFunc(slices.Values(c.labels), func(a, b *label) int { return cmp.Compare(b.id, a.id) })
	for _, l := range labels {
		if within(fold(l.scope), fold(first(q, "requestData.labelScope"))) {
			values = append(values, object{"id": l.id, "name": l.name, "description": l.description, "labelScope": l.scope,
				"modifiedDate": stamp(l.on), "owner": l.by.wire()})
		}
	}
	return values
}

func (c *Collection) labelItems(q map[string][]string, id string) reply {
	for _, l := range c.labels {
		if strconv.Itoa(l.id) != id {
			continue
		}
		var values []object
		for _, i := range l.items {
			values = append(values, c.wireItem(i))
		}
		return c.page(q, values)
	}
	return refused(http.StatusNotFound, "LabelNotFoundException", "there is no label "+id)
}
