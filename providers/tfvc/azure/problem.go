package azure

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

var errSilent = fmt.Errorf("the server sent nothing for %v", idleTimeout)

// maxMessage is how much of what a server says is repeated.
const maxMessage = 500

// clean makes a server's message fit to be shown, on one line.
func clean(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return schema.Printable(message)
}

// refusal is an answer that is not a success.
type refusal struct {
	problem *providers.Error
	status  int
	key     string // the server's name of the error
}

func (r *refusal) Error() string { return r.problem.Error() }

func (r *refusal) Unwrap() error { return r.problem }

// otherVersion reports whether the server does not know the version of the
// interface that it was asked in.
func (r *refusal) otherVersion() bool {
	return r.status == http.StatusBadRequest && strings.Contains(r.key, "Version")
}

// judge takes a response for what it is.
func (c *Client) judge(response *http.Response, r request) (*answer, error) {
	status, kind := response.StatusCode, response.Header.Get("Content-Type")
	isPage := strings.HasPrefix(kind, "text/html")
	switch {
	case status == http.StatusUnauthorized, status == http.StatusNonAuthoritativeInfo:
		defer discard(response)
		return nil, c.signIn(response)
	case status/100 == 2 && isPage && r.accept == acceptJSON:
		defer discard(response)
		return nil, garbled(errors.New("it is a web page"))
	case status/100 == 2:
		return &answer{header: response.Header, body: response.Body}, nil
	}
	defer discard(response)
	return nil, refuse(response)
}

// refuse is the error of a status that means failure.
func refuse(response *http.Response) error {
	const most = 64 << 10
	var told struct {
		Message string `json:"message"`
		TypeKey string `json:"typeKey"`
	}
	data, _ := io.ReadAll(io.LimitReader(response.Body, most)) // what there is of it
	_ = json.Unmarshal(data, &told)                            // or nothing is told
	e := &providers.Error{Message: fmt.Sprintf("the server refuses the request (%d)", response.StatusCode)}
	if said := clean(told.Message); said != "" {
		e.Message += ": " + said
	}
	switch status := response.StatusCode; status {
	case http.StatusForbidden:
		e.Code, e.Hint = providers.CodeDenied, "give the user, or the token, permission to read code and projects"
	case http.StatusNotFound, http.StatusGone:
		e.Code, e.Attribute, e.Hint = providers.CodeNotFound, "vcs_url", "correct vcs_url and tfvc_project; what the user may not see looks the same"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		after := retryAfter(response.Header)
		e.Code, e.Hint = providers.CodeUnavailable, "apply again later; what was received is kept"
		if status == http.StatusTooManyRequests || after >= 0 {
			e.Code, e.Until = providers.CodeRateLimited, time.Now().Add(max(after, 0))
		}
		return &lost{problem: e, after: after}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		e.Code, e.Hint = providers.CodeUnavailable, "apply again later; what was received is kept"
		return &lost{problem: e, after: retryAfter(response.Header)}
	default:
		e.Code, e.Hint = providers.CodeInvalid, "check that vcs_url is the address of a collection of Azure DevOps"
	}
	return &refusal{problem: e, status: response.StatusCode, key: told.TypeKey}
}

// isSignIn reports whether an address is that of a page to sign in.
func isSignIn(u *url.URL) bool {
	path := strings.ToLower(u.Path)
	return strings.Contains(path, "signin") || strings.Contains(path, "login") || strings.Contains(path, "oauth2")
}

// signIn is the error of a server that wants to know who we are. One that is
// none of Azure DevOps says so too; mark tells them apart.
func (c *Client) signIn(response *http.Response) error {
	e := &providers.Error{Code: providers.CodeAuth, Attribute: "password", Message: "the server asks for a user name and a password or token",
		Hint: "set password in the source block to a personal access token that may read code, with any username"}
	if c.options.Password != "" {
		e.Message = "the server refuses the user name, password or token"
		e.Hint = "check that the token has not expired and may read code; a password needs basic authentication, which Azure DevOps Services does not have"
	}
	offers := strings.Join(response.Header.Values("WWW-Authenticate"), ", ")
	if has := func(scheme string) bool { return strings.Contains(strings.ToLower(offers), scheme) }; (has("ntlm") || has("negotiate")) && !has("basic") {
		e.Message += "; it offers NTLM or Kerberos only, which are not supported"
		e.Hint = "use a personal access token, or have basic authentication switched on for the server in IIS"
	}
	if c.options.Password != "" && c.address.collection.Scheme == "http" && !c.address.local() {
		e.Message = "the server asks for a password, which is not sent over a connection that is not secured"
		e.Attribute, e.Hint = "vcs_url", "use the https:// address of the server"
	}
	return &stranger{problem: e, ours: c.address.Known() || marked(response.Header)}
}

// marked reports headers that Azure DevOps adds to every answer.
func marked(h http.Header) bool {
	for _, name := range []string{"X-TFS-ProcessId", "X-VSS-E2EID", "X-TFS-FedAuthRealm", "X-TFS-ServiceError"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

// stranger is a wish to know who we are.
type stranger struct {
	problem *providers.Error
	ours    bool // it is Azure DevOps that has it
}

func (s *stranger) Error() string { return s.problem.Error() }

func (s *stranger) Unwrap() error { return s.problem }

// IsForeign reports whether err is the wish of a server to know who we are that
// does not look like Azure DevOps.
func IsForeign(err error) bool {
	var s *stranger
	return errors.As(err, &s) && !s.ours
}

func redirected(err error) error {
	return &providers.Error{Code: providers.CodeInvalid, Message: "the server redirects and that is not followed: " + err.Error(), Attribute: "vcs_url",
		Hint: "set vcs_url to the new address if you trust it", Err: err}
}

// garbled is the error of an answer that is not what the interface says.
func garbled(err error) error {
	return &providers.Error{Code: providers.CodeInvalid, Message: "the server's answer cannot be understood: " + clean(err.Error()), Attribute: "vcs_url",
		Hint: "check that vcs_url is the address of a collection of Azure DevOps", Err: err}
}

func broken(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeUnavailable, Message: "the connection failed: " + clean(err.Error()),
		Hint: "check the host and the network and apply again; what was received is kept", Err: err}
}

// unreachable says why there is no answer.
func unreachable(at *url.URL, err error) error {
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
		return &providers.Error{Code: providers.CodeInvalid, Message: "the certificate of " + schema.Printable(at.Host) + " is not trusted",
			Hint: "set ca_file in the source block to the certificate of who signed it", Attribute: "ca_file", Err: err}
	}
	var whole *url.Error // shows the address, which says nothing new
	if errors.As(err, &whole) {
		err = whole.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errSilent
	}
	return &lost{problem: broken(err), after: -1}
}
