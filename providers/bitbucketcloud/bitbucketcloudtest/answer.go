package bitbucketcloudtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object.
type object = map[string]any

// failure is an answer that refuses.
type failure struct {
	status  int
	message string
	detail  any
}

func refuse(w http.ResponseWriter, f *failure) {
	inner := object{"message": f.message}
	if f.detail != nil {
		inner["detail"] = f.detail
	}
	write(w, f.status, object{"type": "error", "error": inner})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// list is what a route answers that has pages.
type list struct {
	items   []object
	most    int                                            // items on a page at most; 0: 100
	ids     func(object) int64                             // what a query and an order call id
	changed func(object) time.Time                         // and updated_on
	leaves  func(object) object                            // what is not told unless it is asked for; may be nil
	chosen  func(query map[string][]string, o object) bool // by other parameters; may be nil
}

// paged answers with a page of a list.
func (s *Server) paged(w http.ResponseWriter, r *http.Request, l list) {
	q := r.URL.Query()
	if l.chosen != nil {
		l.items = slices.DeleteFunc(l.items, func(o object) bool { return !l.chosen(q, o) })
	}
	if err := l.filter(q.Get("q"), q.Get("sort")); err != nil {
		refuse(w, &failure{status: http.StatusBadRequest, message: err.Error()})
		return
	}
	most := l.most
	if most == 0 {
		most = 100
	}
	size, err1 := natural(q.Get("pagelen"), min(10, most))
	page, err2 := natural(q.Get("page"), 1)
	if err1 != nil || err2 != nil || size > most {
		refuse(w, &failure{status: http.StatusBadRequest, message: "Invalid page or pagelen"})
		return
	}
	first := min((page-1)*size, len(l.items))
	last := min(first+size, len(l.items))
	values := l.items[first:last]
	fields := q.Get("fields")
	if l.leaves != nil && fields == "" {
		for i := range values {
			values[i] = l.leaves(values[i])
		}
	}
	if values == nil {
		values = []object{}
	}
	answer := object{"size": len(l.items), "page": page, "pagelen": size, "values": values}
	if last < len(l.items) {
		q.Set("page", strconv.Itoa(page+1))
		answer["next"] = s.URL + r.URL.EscapedPath() + "?" + q.Encode()
	}
	write(w, http.StatusOK, partial(answer, fields))
}

func natural(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n < 1 {
		err = fmt.Errorf("%d is less than 1", n)
	}
	return n, err
}

// filter understands the queries and orders that are about id and updated_on.
func (l *list) filter(query, order string) error {
	for condition := range strings.SplitSeq(query, " AND ") {
		if query == "" {
			break
		}
		field, operator, value, err := condition3(condition)
		if err != nil {
			return err
		}
		keep, err := l.condition(field, operator, value)
		if err != nil {
			return err
		}
		l.items = slices.DeleteFunc(l.items, func(o object) bool { return !keep(o) })
	}
	by, descending := strings.CutPrefix(order, "-")
	switch by {
	case "", "created_on":
		// items are in this order
	case "id":
		slices.SortStableFunc(l.items, func(a, b object) int { return int(l.ids(a) - l.ids(b)) })
	case "updated_on":
		slices.SortStableFunc(l.items, func(a, b object) int { return l.changed(a).Compare(l.changed(b)) })
	default:
		return complaint("Invalid field name: " + by)
	}
	if descending {
		slices.Reverse(l.items)
	}
	return nil
}

func condition3(text string) (field, operator, value string, err error) {
	parts := strings.Fields(text)
	if len(parts) != 3 {
		return "", "", "", complaint("Invalid query: " + text)
	}
	return parts[0], parts[1], parts[2], nil
}

func (l *list) condition(field, operator, value string) (func(object) bool, error) {
	switch field {
	case "id":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || operator != ">" || l.ids == nil {
			break
		}
		return func(o object) bool { return l.ids(o) > n }, nil
	case "updated_on":
		at, err := time.Parse(time.RFC3339Nano, value)
		if err != nil || operator != ">" && operator != ">=" || l.changed == nil {
			break
		}
		return func(o object) bool { return l.changed(o).After(at) || operator == ">=" && l.changed(o).Equal(at) }, nil
	}
	return nil, complaint("Invalid query: " + field + " " + operator + " " + value)
}

// partial leaves of an answer what the parameter fields names: paths with dots,
// through lists as well.
func partial(answer object, fields string) any {
	if fields == "" {
		return answer
	}
	wanted := tree{}
	for path := range strings.SplitSeq(fields, ",") {
		at := wanted
		for step := range strings.SplitSeq(path, ".") {
			if at[step] == nil {
				at[step] = tree{}
			}
			at = at[step]
		}
	}
	return wanted.of(answer)
}

// tree is the names that are wanted, and what is wanted below them; a leaf is wanted
// as a whole.
type tree map[string]tree

func (t tree) of(v any) any {
	if len(t) == 0 {
		return v
	}
	switch v := v.(type) {
	case object:
		if v == nil {
			return nil
		}
		some := object{}
		for name, below := range t {
			if inner, ok := v[name]; ok {
				some[name] = below.of(inner)
			}
		}
		return some
	case []object:
		all := make([]any, len(v))
		for i, one := range v {
			all[i] = t.of(one)
		}
		return all
	}
	return v
}

// complaint is what the server says of a query, in its own words.
type complaint string

func (c complaint) Error() string { return string(c) }
