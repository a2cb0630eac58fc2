package lfs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// mediaType is what both ends of the batch API say they speak.
const mediaType = "application/vnd.git-lfs+json"

// maxAnswer bounds the answer to one batch; addresses with signatures take a
// few KiB each.
const maxAnswer = 8 << 20

// operation is what a batch is for.
type operation string

const (
	opDownload operation = "download"
	opUpload   operation = "upload"
)

// answer is what the server said of one object: where it is or may be put, that
// nothing is to be done, or why not.
type answer struct {
	to      link
	verify  *link // to be told of an upload
	has     bool  // the server has it, and wants no upload
	problem *providers.Error
}

// link is an address that the server gave out for one object.
type link struct {
	url     *url.URL
	header  map[string]string
	expires time.Time // zero: not said
}

func (l link) expired(now time.Time) bool { return !l.expires.IsZero() && !now.Before(l.expires) }

type batchObject struct {
	OID     string `json:"oid"`
	Size    int64  `json:"size"`
	Actions struct {
		Download *batchAction `json:"download"`
		Upload   *batchAction `json:"upload"`
		Verify   *batchAction `json:"verify"`
	} `json:"actions,omitzero"`
	Error *struct {
		Code int `json:"code"`
	} `json:"error,omitempty"`
}

type batchAction struct {
	Href      string            `json:"href"`
	Header    map[string]string `json:"header"`
	ExpiresIn int64             `json:"expires_in"` // seconds
	ExpiresAt time.Time         `json:"expires_at"`
}

// batch asks where objects are, or where they may be put. The answers are by
// OID, because not every server repeats the size it was asked for.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
func (c *client) batch(ctx context.Context, want []gitrepo.Pointer) (map[string]answer, error) {
	question := struct {
		Operation operation     `json:"operation"`
		Transfers []string      `json:"transfers"`
		Objects   []batchObject `json:"objects"`
		HashAlgo  string        `json:"hash_algo"`
	}{Operation: c.operation, Transfers: []string{"basic"}, HashAlgo: "sha256"}
	for _, p := range want {
		question.Objects = append(question.Objects, batchObject{OID: p.OID, Size: p.Size})
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, fmt.Errorf("write the question for LFS objects: %w", err)
	}
	r := request{
		method: http.MethodPost,
		url:    c.endpoint.JoinPath("objects", "batch"),
		plain:  http.Header{"Accept": {mediaType}, "Content-Type": {mediaType}},
		body:   inMemory(body),
	}
	var said struct {
		Transfer string        `json:"transfer"`
		HashAlgo string        `json:"hash_algo"`
		Objects  []batchObject `json:"objects"`
	}
	err = c.try(ctx, func(ctx context.Context) error {
		return c.send(ctx, r, func(response *http.Response) error {
			if response.StatusCode != http.StatusOK {
				return c.batchRefused(response)
			}
			return decode(response.Body, &said)
		})
	})
	if err != nil {
		return nil, err
	}
	if said.Transfer != "" && said.Transfer != "basic" || said.HashAlgo != "" && said.HashAlgo != "sha256" {
		return nil, c.notLFS("the Git LFS server offers only ways of transfer that it was not asked for")
	}
	answers := make(map[string]answer, len(want))
	for _, o := range said.Objects {
		// An object asked for with two sizes may be refused with one of them.
		if a, ok := answers[o.OID]; !ok || a.problem != nil {
			answers[o.OID] = c.read(o)
		}
	}
	return answers, nil
}

func decode(body io.Reader, into any) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return &transient{problem: broken(err), after: -1}
	case len(data) > maxAnswer:
		return providers.Errorf(providers.CodeInvalid, "the answer of the Git LFS server is larger than %d MiB", maxAnswer>>20)
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(into); err != nil {
		return &providers.Error{Code: providers.CodeUnsupported, Message: "the answer is not that of a Git LFS server",
			Hint: "check that the address of the repository is the one that git clone takes", Err: err}
	}
	return nil
}

// read takes one object of an answer apart.
func (c *client) read(o batchObject) answer {
	if o.Error != nil {
		return answer{problem: c.objectProblem(o.Error.Code)}
	}
	action := o.Actions.Download
	if c.operation == opUpload {
		action = o.Actions.Upload
	}
	if action == nil {
		if c.operation == opUpload {
			return answer{has: true}
		}
		return answer{problem: c.objectProblem(http.StatusNotFound)}
	}
	var a answer
	if a.to, a.problem = c.link(action); a.problem == nil && c.operation == opUpload && o.Actions.Verify != nil {
		var verify link
		verify, a.problem = c.link(o.Actions.Verify)
		a.verify = &verify
	}
	return a
}

func (c *client) link(action *batchAction) (link, *providers.Error) {
	at, err := c.endpoint.Parse(action.Href)
	if err != nil || !isWeb(at) {
		return link{}, providers.Errorf(providers.CodeInvalid, "the server gave an address for it that is not one of http or https")
	}
	l := link{url: at, header: action.Header, expires: action.ExpiresAt}
	if action.ExpiresIn > 0 { // has precedence, because clocks differ
		l.expires = time.Now().Add(time.Duration(min(action.ExpiresIn, 1<<31)) * time.Second)
	}
	return l, nil
}

// objectProblem is what a code in place of an object means.
func (c *client) objectProblem(code int) *providers.Error {
	switch {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return &providers.Error{Code: providers.CodeDenied, Message: fmt.Sprintf("the %s refuses to %s it (%d)", c.side(), c.verb(), code)}
	case code == http.StatusUnprocessableEntity:
		return providers.Errorf(providers.CodeInvalid, "the %s takes its id or size for wrong (%d)", c.side(), code)
	case code == http.StatusRequestEntityTooLarge || code == http.StatusInsufficientStorage:
		return &providers.Error{Code: providers.CodeDenied, Message: fmt.Sprintf("it is too large for the %s, or its storage is full (%d)", c.side(), code),
			Hint: "raise the limit for Git LFS objects there and apply again"}
	case c.operation == opDownload && (code == http.StatusNotFound || code == http.StatusGone):
		return &providers.Error{Code: providers.CodeNotFound, Message: "the source does not have it",
			Hint: "find a clone that has it and run git lfs push --all there, or accept the loss"}
	}
	return providers.Errorf(providers.CodeUnavailable, "the %s could not %s it (%d)", c.side(), c.verb(), code)
}

// batchRefused is what a refusal of all objects means.
func (c *client) batchRefused(r *http.Response) error {
	switch r.StatusCode {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		e := c.notLFS(fmt.Sprintf("the %s has no Git LFS server at %s (%d)", c.side(), c.shown(), r.StatusCode))
		e.Code = providers.CodeNotFound
		return e
	}
	return c.refused(r)
}

func (c *client) notLFS(message string) *providers.Error {
	return &providers.Error{Code: providers.CodeUnsupported, Message: message,
		Hint: `switch Git LFS on at the ` + c.side() + `, or set lfs = "skip" in the source block to leave its objects out`}
}
