package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxElement is how large one element of a list may be, as JSON. A comment can
// be long; 16 MiB is not a comment.
const maxElement = 16 << 20

// bounded fails when more is read than one element may take, since mark was
// called last.
type bounded struct {
	from io.Reader
	left int64
}

var errElement = fmt.Errorf("one element is larger than %d MiB", maxElement>>20)

func (b *bounded) mark() { b.left = maxElement }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errElement
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// decodeList yields the elements of {"count": N, "value": [...]}. Fields around
// them that are not known are skipped. That there are as many as count says is
// checked.
func decodeList[T any](r io.Reader) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if err := decodeElements(r, func(v T) bool { return yield(v, nil) }); err != nil && !errors.Is(err, errEnough) {
			yield(zero, err)
		}
	}
}

// errEnough says that the caller wants no more elements.
var errEnough = errors.New("enough")

func decodeElements[T any](r io.Reader, yield func(T) bool) error {
	in := &bounded{from: r}
	in.mark()
	d := json.NewDecoder(in)
	if err := expect(d, json.Delim('{')); err != nil {
		return err
	}
	count, found := -1, -1
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return understood(err)
		}
		switch name {
		case "value":
			if found, err = decodeArray(d, in, yield); err != nil {
				return err
			}
		case "count":
			if err := d.Decode(&count); err != nil {
				return understood(err)
			}
		default:
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return understood(err)
			}
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return err
	}
	switch {
	case found < 0:
		return garbled(errors.New("it holds no list"))
	case count >= 0 && count != found:
		return garbled(fmt.Errorf("it says that the list has %d elements, and there are %d", count, found))
	}
	return nil
}

func decodeArray[T any](d *json.Decoder, in *bounded, yield func(T) bool) (n int, err error) {
	if err := expect(d, json.Delim('[')); err != nil {
		return 0, err
	}
	for d.More() {
		in.mark()
		var v T
		if err := d.Decode(&v); err != nil {
			return n, understood(err)
		}
		n++
		if !yield(v) {
			return n, errEnough
		}
	}
	in.mark()
	return n, expect(d, json.Delim(']'))
}

func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err != nil {
		return understood(err)
	}
	if got != want {
		return garbled(fmt.Errorf("there is %v where %v has to be", got, want))
	}
	return nil
}

// understood is err when the connection is at fault, and else says that the
// answer is.
func understood(err error) error {
	var failed *lost
	switch {
	case errors.As(err, &failed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &lost{problem: broken(errors.New("the answer ends too early")), after: -1}
	}
	return garbled(err)
}

// list asks for a list and yields its elements. A list that breaks off is an
// error; the elements before it have been yielded then.
func list[T any](ctx context.Context, c *Client, r request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r.accept = acceptJSON
		var found *answer
		err := c.retry(ctx, func() (err error) {
			found, err = c.send(ctx, r)
			return err
		})
		if err != nil {
			var zero T
			yield(zero, err)
			return
		}
		defer found.body.Close() // it was only read
		for v, err := range decodeList[T](found.body) {
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// page reads a whole list of bounded length. It returns the continuation token.
func page[T any](ctx context.Context, c *Client, r request, most int) (values []T, token string, err error) {
	r.accept = acceptJSON
	err = c.ask(ctx, r, func(found *answer) error {
		values, token = nil, found.header.Get("X-MS-ContinuationToken")
		for v, err := range decodeList[T](found.body) {
			if err != nil {
				return err
			}
			if values = append(values, v); len(values) > most {
				return garbled(fmt.Errorf("it has more than the %d elements that were asked for", most))
			}
		}
		return nil
	})
	return values, token, err
}

// single asks for one object.
func single[T any](ctx context.Context, c *Client, r request) (v T, err error) {
	r.accept = acceptJSON
	err = c.ask(ctx, r, func(found *answer) error {
		in := &bounded{from: found.body}
		in.mark()
		if err := json.NewDecoder(in).Decode(&v); err != nil {
			return understood(err)
		}
		return nil
	})
	return v, err
}
