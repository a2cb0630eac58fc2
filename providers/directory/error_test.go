package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestFailure(t *testing.T) {
	tests := []struct {
		err  error
		code providers.Code
		hint bool
	}{
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, providers.CodeUnavailable, true},
		{syscall.EDQUOT, providers.CodeUnavailable, true},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, providers.CodeDenied, true},
		{syscall.EROFS, providers.CodeDenied, true},
		{errEscape, providers.CodeDenied, true},
		{fs.ErrNotExist, providers.CodeNotFound, false},
		{context.Canceled, providers.CodeUnavailable, false},
		{errors.New("else"), providers.CodeInternal, false},
		{&gitrepo.Error{Kind: gitrepo.NoSpace}, providers.CodeUnavailable, true},
		{&gitrepo.Error{Kind: gitrepo.Refused}, providers.CodeConflict, false},
		{&gitrepo.Error{Kind: gitrepo.Canceled}, providers.CodeUnavailable, false},
		{providers.Errorf(providers.CodeConflict, "known"), providers.CodeConflict, false},
	}
	for _, test := range tests {
		got := failure("write", "acme/a\x1bpi", fmt.Errorf("wrapped: %w", test.err))
		if got.Code != test.code || (got.Hint != "") != test.hint {
			t.Errorf("%v became code %s with hint %q", test.err, got.Code, got.Hint)
		}
		if !errors.Is(got, test.err) && providers.CodeOf(test.err) == providers.CodeInternal {
			t.Errorf("%v is not the cause of %v", test.err, got)
		}
		if text := got.Error(); strings.Contains(text, "\x1b") || !strings.Contains(text, "write of acme/a") {
			t.Errorf("%v reads %q", test.err, text)
		}
	}
}
