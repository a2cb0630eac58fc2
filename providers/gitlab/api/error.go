package api

import (
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// IsNotFound reports whether err says that there is no such thing.
func IsNotFound(err error) bool { return providers.CodeOf(err) == providers.CodeNotFound }

// IsConflict reports whether err says that something stands in the way: a name
// or number that is taken, a job that has ended.
func IsConflict(err error) bool { return providers.CodeOf(err) == providers.CodeConflict }

// IsInvalid reports whether err says that a request cannot succeed as it is.
func IsInvalid(err error) bool { return providers.CodeOf(err) == providers.CodeInvalid }

// IsDenied reports whether err says that the user may not.
func IsDenied(err error) bool { return providers.CodeOf(err) == providers.CodeDenied }

// classify knows the answers that mean something else here than elsewhere.
func classify(r forgehttp.Response) *providers.Error {
	said := forgehttp.Message(r.Body)
	lower := strings.ToLower(said)
	switch r.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		for _, words := range []string{"already been taken", "already exists", "already in use"} {
			if strings.Contains(lower, words) {
				return &providers.Error{Code: providers.CodeConflict, Message: "the server refused it: " + said}
			}
		}
	case http.StatusForbidden:
		if strings.Contains(lower, "insufficient_scope") {
			return &providers.Error{Code: providers.CodeDenied, Message: "the scopes of the token are not enough: " + said,
				Hint: "make a token with the scope api, and with sudo too for one of an administrator"}
		}
	case http.StatusRequestEntityTooLarge:
		return &providers.Error{Code: providers.CodeInvalid, Message: "it is larger than the server allows",
			Hint: "raise the server's limit, then apply again"}
	}
	return nil
}
