package tfvctest

import (
	"embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// descriptions are the vendor's descriptions of the interface.
//
//go:embed spec/*.json
var descriptions embed.FS

// contract is what the vendor says of requests and answers, in several documents.
type contract []*contracttest.Contract

// operation is what a request asks for.
type operation struct {
	by    *contracttest.Contract
	path  []string          // as it is described; "{name}" stands for any part
	named map[string]string // the parts that have names
}

func readContract() (contract, error) {
	var all contract
	for _, name := range []string{"tfvc-7.1.json", "core-7.1.json"} {
		data, err := descriptions.ReadFile("spec/" + name)
		if err != nil {
			return nil, err
		}
		c, err := contracttest.Load(data, contracttest.Options{Exceptions: []contracttest.Exception{
			{Operation: "*", Query: []string{"api-version"}, Why: "every operation has it, and not all descriptions say so"},
			{Operation: "*", Status: http.StatusBadRequest, Why: "errors are not described"},
			{Operation: "*", Status: http.StatusForbidden, Why: "likewise"},
			{Operation: "*", Status: http.StatusNotFound, Why: "likewise"},
		}})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// operation finds what a request asks for.
func (c contract) operation(r *http.Request) (operation, bool) {
	for _, by := range c {
		if name, named, ok := by.Match(r); ok {
			_, path, _ := strings.Cut(name, " ")
			return operation{by: by, path: strings.Split(strings.Trim(path, "/"), "/"), named: named}, true
		}
	}
	return operation{}, false
}

// check lists what nobody described in a request and its answer.
func (o operation) check(x contracttest.Exchange) []string {
	problems := o.by.Check(x)
	if x.Request.URL.Query().Get("api-version") == "" {
		problems = append(problems, x.Request.Method+" "+x.Request.URL.Path+": there is no api-version")
	}
	return problems
}
