package tfvctest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// TestContract makes sure that what the vendor does not describe is noticed.
func TestContract(t *testing.T) {
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	const (
		base    = "/DefaultCollection/_apis/"
		version = "?api-version=5.0"
		empty   = `{"count":0,"value":[]}`
	)
	tests := []struct {
		method, url, body, answer string
		ok                        bool
	}{
		{"GET", "tfvc/changesets?searchCriteria.itemPath=$/P&$top=1&api-version=5.0", "", empty, true},
		{"GET", "tfvc/changesets?searchCriteria.path=$/P&api-version=5.0", "", empty, false},
		{"GET", "tfvc/changesets", "", empty, false},
		{"POST", "tfvc/itembatch" + version, `{"itemDescriptors":[{"path":"$/P","version":"1","versionType":"changeset","recursionLevel":"none"}]}`, empty, true},
		{"POST", "tfvc/itembatch" + version, `{"itemDescriptors":[{"path":"$/P","version":true}]}`, empty, false},
		{"POST", "tfvc/itembatch" + version, `{"itemDescriptors":[{"path":"$/P","versionType":"sometimes"}]}`, empty, false},
		{"POST", "tfvc/itembatch" + version, `{"descriptors":[]}`, empty, false},
		{"GET", "tfvc/changesets/1/changes" + version, "", `{"count":1,"value":[{"changeType":"edit","item":{"path":"$/P/a","version":1,"size":2,"hashValue":"x"},"mergeSources":[{"serverItem":"$/P/b","versionFrom":1,"versionTo":2,"isRename":true}]}]}`, true},
		{"GET", "tfvc/changesets/1/changes" + version, "", `{"count":1,"value":[{"changeType":"edit","sourceItem":"$/P/b"}]}`, false},
		{"GET", "tfvc/changesets/1/changes" + version, "", `{"value":[]}`, false},
		{"GET", "tfvc/changesets/1" + version, "", `{"changesetId":"1"}`, false},
		{"GET", "tfvc/changesets/1" + version, "", `{"changesetId":1,"author":{"displayName":"Ann","uniqueName":"ann@example.com"}}`, true},
		{"GET", "tfvc/branches" + version, "", `{"count":1,"value":[{"path":"$/P","children":[{"path":"$/P/x","isdeleted":true}]}]}`, false},
		{"GET", "projects" + version, "", `{"count":1,"value":[{"id":"1","name":"P"}]}`, true},
	}
	for _, test := range tests {
		r := httptest.NewRequestWithContext(t.Context(), test.method, base+test.url, nil)
		r.Header.Set("Content-Type", kindJSON)
		o, ok := c.operation(r)
		if !ok {
			t.Errorf("%s is not described", test.url)
			continue
		}
		problems := o.check(contracttest.Exchange{
			Request: r, RequestBody: []byte(test.body), Status: http.StatusOK, Header: http.Header{"Content-Type": {kindJSON}}, Body: []byte(test.answer),
		})
		if (len(problems) == 0) != test.ok {
			t.Errorf("%s %s %s: %s: %q", test.method, test.url, test.body, test.answer, problems)
		}
	}
	if _, ok := c.operation(httptest.NewRequestWithContext(t.Context(), "GET", base+"tfvc/nothing", nil)); ok {
		t.Error("an operation that does not exist is described")
	}
}
