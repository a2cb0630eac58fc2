package providertest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers"
)

// wantProblem checks that err is a failure of one of the codes, and that it
// tells people something.
func wantProblem(what string, err error, want ...providers.Code) error {
	if err == nil {
		return fmt.Errorf("%s succeeded; want an error with the code %s", what, oneOf(want))
	}
	var e *providers.Error
	switch {
	case !errors.As(err, &e):
		return fmt.Errorf("%s failed with an error that is not classified: %w", what, err)
	case !slices.Contains(want, e.Code):
		return fmt.Errorf("%s failed with the code %q; want %s: %w", what, e.Code, oneOf(want), err)
	case e.Message == "" && e.Err == nil:
		return fmt.Errorf("%s failed with an error without a message", what)
	}
	return nil
}

// wantAnswer is wantProblem for a problem that is part of an answer.
func wantAnswer(what string, e *providers.Error, want ...providers.Code) error {
	if e == nil { // not an error with a nil inside
		return wantProblem(what, nil, want...)
	}
	return wantProblem(what, e, want...)
}

func oneOf(list []providers.Code) string {
	text := ""
	for i, code := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			text += " or "
		default:
			text += ", "
		}
		text += fmt.Sprintf("%q", code)
	}
	return text
}

// stopped checks how a call ended whose context did: with success, because it
// was done already, or as one that was cut off.
func stopped(what string, err error) error {
	if err == nil || providers.CodeOf(err) == providers.CodeUnavailable {
		return nil
	}
	return fmt.Errorf("%s, which was stopped, failed with the code %q; want %q: %w", what, providers.CodeOf(err), providers.CodeUnavailable, err)
}
