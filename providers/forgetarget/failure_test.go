package forgetarget

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestResult(t *testing.T) {
	for _, test := range []struct {
		err  error
		code providers.Code
		op   string
		says string
	}{
		{errors.New("a\x1bb"), providers.CodeInternal, "push", "wrapped: a"},
		{context.DeadlineExceeded, providers.CodeUnavailable, "push", "stopped"},
		{&gitrepo.Error{Kind: gitrepo.Auth, Message: "no"}, providers.CodeDenied, "push", "no"},
		{&gitrepo.Error{Kind: gitrepo.Unreachable, Message: "no"}, providers.CodeUnavailable, "push", "no"},
		{&providers.Error{Code: providers.CodeConflict, Message: "known"}, providers.CodeConflict, "push", "known"},
		{&providers.Error{Code: providers.CodeConflict, Op: "edit", Message: "known"}, providers.CodeConflict, "edit", "known"},
	} {
		value, err := Result("value", "push", "acme/a\x1bpi", fmt.Errorf("wrapped: %w", test.err))
		e := providers.AsError(err)
		if value != "" || e == nil || e.Code != test.code || e.Op != test.op || !strings.HasPrefix(e.Message, test.says) || strings.Contains(e.Error(), "\x1b") {
			t.Errorf("%v becomes %q, %+v", test.err, value, e)
		}
	}
	if value, err := Result("value", "push", "acme/api", nil); value != "value" || err != nil {
		t.Errorf("without an error: %q, %v", value, err)
	}
}
