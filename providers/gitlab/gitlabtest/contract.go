package gitlabtest

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// published is GitLab's own description, and client is what its Go client says of
// the operations that the former lacks; spec/README.md says where both are from.
//
//go:embed spec/openapi-v2-converted-to-3.json.gz
var published []byte

//go:embed spec/client-go-v2.64.0-supplement.json.gz
var client []byte

// contracts are read once: that takes longer than most tests that use a server.
var contracts = sync.OnceValues(func() ([]*contracttest.Contract, error) {
	var all []*contracttest.Contract
	for _, d := range []struct {
		packed      []byte
		corrections []correction
		exceptions  []contracttest.Exception
	}{{published, corrections(), append(publishedExceptions(), importExceptions()...)}, {client, nil, clientExceptions()}} {
		text, err := contracttest.Unpack(d.packed)
		if err != nil {
			return nil, err
		}
		if text, err = amended([]byte(corrected(string(text))), d.corrections); err != nil {
			return nil, err
		}
		c, err := contracttest.Load(text, contracttest.Options{Exceptions: append(d.exceptions, everywhere()...)})
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
})

// everywhere are the exceptions that hold for every operation.
func everywhere() []contracttest.Exception {
	refusals := []contracttest.Exception{
		{Operation: "*", Status: http.StatusBadRequest, Why: "a parameter is missing or has no valid value: doc/api/rest/troubleshooting.md"},
		{Operation: "*", Status: http.StatusUnauthorized, Why: "a bad token is refused everywhere: the same page"},
		{Operation: "*", Status: http.StatusForbidden, Why: "so is a user without the permission"},
		{Operation: "*", Status: http.StatusNotFound, Why: "and a project that the user must not see"},
		{Operation: "*", Status: http.StatusMethodNotAllowed, Why: "a project that moved is only read by its former path"},
		{Operation: "*", Status: http.StatusConflict, Why: "there is one already"},
		{Operation: "*", Status: http.StatusPreconditionFailed, Why: "If-Unmodified-Since of a deletion"},
		{Operation: "*", Status: http.StatusUnprocessableEntity, Why: "what is asked for cannot be done"},
	}
	general := contracttest.Exception{Operation: "*", Query: []string{"private_token", "access_token", "sudo", "page", "per_page", "pagination", "order_by", "sort", "cursor", "id_after", "id_before",
		"iids[]", "labels[]", "skip_groups[]", "user_ids[]", "refs[]"},
		Why: "credentials, sudo and paging are described once for all lists, and lists in addresses have brackets: doc/api/rest/_index.md, authentication.md"}
	return append(refusals, general)
}

// checked holds the API to its descriptions. What neither has must be in the
// list undescribed.
func checked(next http.Handler, violated func(string)) (http.Handler, error) {
	all, err := contracts()
	if err != nil {
		return nil, err
	}
	handlers := make([]http.Handler, len(all))
	for i, c := range all {
		handlers[i] = c.Handler(next, nil, violated)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		for i, c := range all {
			if _, _, ok := c.Match(r); ok {
				handlers[i].ServeHTTP(w, r)
				return
			}
		}
		if !known(r) {
			violated(fmt.Sprintf("%s %s: no description has it", r.Method, r.URL.Path))
		}
		next.ServeHTTP(w, r)
	}), nil
}
