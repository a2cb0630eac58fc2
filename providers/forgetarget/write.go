package forgetarget

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Kinds write records, by their kinds, to a repository as the target knows it.
type Kinds[R any] map[schema.Kind]func(context.Context, R, providers.Write) (providers.Written, error)

// Writer writes records to repositories as a target knows them. Conversations, which
// are issues, pull requests and what stands under them, are not like other records:
// they go to Converse, a lane at a time.
type Writer[R any] struct {
	Kinds Kinds[R] // a record of a kind that is not here is skipped

	IsConversation func(*schema.Record) bool
	Converse       func(ctx context.Context, repo R, lane []providers.Write) ([]providers.Written, error)

	// Forget is called when writing a record of Kinds failed: it may be there all
	// the same, and what is known of lists is not to be relied on.
	Forget func(R)
}

// Write writes records in order, and answers each. A record that fails is answered
// with its problem. An error is that of all: nothing is known of any.
func (w Writer[R]) Write(ctx context.Context, repo R, writes []providers.Write) ([]providers.Written, error) {
	written := make([]providers.Written, 0, len(writes))
	for len(writes) > 0 {
		var answers []providers.Written
		var err error
		n := w.talk(writes)
		if n > 0 {
			answers, err = w.Converse(ctx, repo, writes[:n])
		} else {
			n, answers = 1, []providers.Written{w.writeOne(ctx, repo, writes[0])}
		}
		if ctx.Err() != nil { // the call was cut off; nothing is known of the rest
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		written, writes = append(written, answers...), writes[n:]
	}
	return written, nil
}

// talk is how many of the first writes are of one conversation.
func (w Writer[R]) talk(writes []providers.Write) int {
	n := 0
	for n < len(writes) && w.IsConversation(&writes[n].Record) && writes[n].Record.Lane() == writes[0].Record.Lane() {
		n++
	}
	return n
}

func (w Writer[R]) writeOne(ctx context.Context, repo R, one providers.Write) providers.Written {
	answer, err := w.byKind(ctx, repo, one)
	if err != nil {
		w.Forget(repo)
		return providers.Written{Problem: Failure("write", one.Record.Key().String(), err)}
	}
	return answer
}

func (w Writer[R]) byKind(ctx context.Context, repo R, one providers.Write) (providers.Written, error) {
	if err := one.Record.Check(); err != nil {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: err.Error(), Err: err}
	}
	write, known := w.Kinds[one.Record.Kind]
	if !known {
		return providers.Written{Skipped: "The server has nothing that this could become."}, nil
	}
	return write(ctx, repo, one)
}
