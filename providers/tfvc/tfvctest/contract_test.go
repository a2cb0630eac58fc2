package tfvctest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestContract makes sure that what the vendor does not describe is noticed.
func TestContract(t *testing.T) {
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	const base = "/DefaultCollection/_apis/"
	requests := []struct {
		method, url, body string
		ok                bool
	}{
		{"GET", base + "tfvc/changesets?searchCriteria.itemPath=$/P&$top=1&api-version=5.0", "", true},
		{"GET", base + "tfvc/changesets?searchCriteria.path=$/P&api-version=5.0", "", false},
		{"GET", base + "tfvc/changesets", "", false},
		{"POST", base + "tfvc/itembatch?api-version=5.0", `{"itemDescriptors":[{"path":"$/P","version":"1","versionType":"changeset","recursionLevel":"none"}]}`, true},
		{"POST", base + "tfvc/itembatch?api-version=5.0", `{"itemDescriptors":[{"path":"$/P","version":true}]}`, false},
		{"POST", base + "tfvc/itembatch?api-version=5.0", `{"itemDescriptors":[{"path":"$/P","versionType":"sometimes"}]}`, false},
		{"POST", base + "tfvc/itembatch?api-version=5.0", `{"descriptors":[]}`, false},
	}
	for _, r := range requests {
		q := httptest.NewRequestWithContext(t.Context(), r.method, r.url, nil)
		o, _ := c.operation(r.method, parts(q))
		if o == nil {
			t.Errorf("%s is not described", r.url)
			continue
		}
		if err := c.checkRequest(o, q, []byte(r.body)); (err == nil) != r.ok {
			t.Errorf("%s %s %s: %v", r.method, r.url, r.body, err)
		}
	}
	answers := []struct {
		url, body string
		ok        bool
	}{
		{"tfvc/changesets/1/changes", `{"count":1,"value":[{"changeType":"edit","item":{"path":"$/P/a","version":1,"size":2,"hashValue":"x"},"mergeSources":[{"serverItem":"$/P/b","versionFrom":1,"versionTo":2,"isRename":true}]}]}`, true},
		{"tfvc/changesets/1/changes", `{"count":1,"value":[{"changeType":"edit","sourceItem":"$/P/b"}]}`, false},
		{"tfvc/changesets/1/changes", `{"value":[]}`, false},
		{"tfvc/changesets/1", `{"changesetId":"1"}`, false},
		{"tfvc/changesets/1", `{"changesetId":1,"author":{"displayName":"Ann","uniqueName":"ann@example.com"}}`, true},
		{"tfvc/branches", `{"count":1,"value":[{"path":"$/P","children":[{"path":"$/P/x","isdeleted":true}]}]}`, false},
		{"projects", `{"count":1,"value":[{"id":"1","name":"P"}]}`, true},
	}
	for _, a := range answers {
		o, _ := c.operation("GET", parts(httptest.NewRequestWithContext(t.Context(), "GET", base+a.url, nil)))
		if o == nil {
			t.Errorf("%s is not described", a.url)
			continue
		}
		if err := c.checkAnswer(o, kindJSON, []byte(a.body)); (err == nil) != a.ok {
			t.Errorf("answer %s to %s: %v", a.body, a.url, err)
		}
	}
	if o, _ := c.operation("GET", []string{"DefaultCollection", "_apis", "tfvc", "nothing"}); o != nil {
		t.Error("an operation that does not exist is described")
	}
}

func parts(r *http.Request) []string { return pathParts(r.URL) }
