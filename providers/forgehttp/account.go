package forgehttp

import "net/http"

// Account says how to reach a server, and as whom.
type Account struct {
	URL       string // of the server, with the path it stands at
	Token     string // empty: as nobody
	CAFile    string
	UserAgent string

	Transport http.RoundTripper // nil: the client's own; tests
	Clock     Clock             // nil: the real one; tests
}

// Options are those of a client that speaks JSON with the server at base.
func (a Account) Options(base string) Options {
	o := Options{
		Base:      base,
		Header:    http.Header{"Accept": {"application/json"}, "User-Agent": {a.UserAgent}},
		CAFile:    a.CAFile,
		Transport: a.Transport,
		Clock:     a.Clock,
	}
	if a.Token != "" {
		o.Tokens = []string{a.Token}
	}
	return o
}
