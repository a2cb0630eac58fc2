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

// answer is what the server said of one object: where it is, or why not.
type answer struct {
	url     *url.URL
	header  map[string]string
	expires time.Time // zero: not said
	problem *providers.Error
}

func (a answer) expired(now time.Time) bool { return !a.expires.IsZero() && !now.Before(a.expires) }

type batchObject struct {
	OID     string `json:"oid"`
	Size    int64  `json:"size"`
	Actions struct {
		Download *batchAction `json:"download"`
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

// batch asks where objects are. The answers are by OID, because not every
// server repeats the size it was asked for.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
func (c *client) batch(ctx context.Context, want []gitrepo.Pointer) (map[string]answer, error) {
	question := struct {
		Operation string        `json:"operation"`
		Transfers []string      `json:"transfers"`
		Objects   []batchObject `json:"objects"`
		HashAlgo  string        `json:"hash_algo"`
	}{Operation: "download", Transfers: []string{"basic"}, HashAlgo: "sha256"}
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
		body:   body,
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
			Hint: "check that vcs_url is the address that git clone takes", Err: err}
	}
	return nil
}

// read takes one object of an answer apart.
func (c *client) read(o batchObject) answer {
	if o.Error != nil {
		return answer{problem: objectProblem(o.Error.Code)}
	}
	action := o.Actions.Download
	if action == nil {
		return answer{problem: objectProblem(http.StatusNotFound)}
	}
	at, err := c.endpoint.Parse(action.Href)
	if err != nil || !isWeb(at) {
		return answer{problem: providers.Errorf(providers.CodeInvalid, "the server gave an address for it that is not one of http or https")}
	}
	a := answer{url: at, header: action.Header, expires: action.ExpiresAt}
	if action.ExpiresIn > 0 { // has precedence, because clocks differ
		a.expires = time.Now().Add(time.Duration(min(action.ExpiresIn, 1<<31)) * time.Second)
	}
	return a
}

// objectProblem is what a code in place of an object means.
func objectProblem(code int) *providers.Error {
	switch code {
	case http.StatusNotFound, http.StatusGone:
		return &providers.Error{Code: providers.CodeNotFound, Message: "the source does not have it",
			Hint: "find a clone that has it and run git lfs push --all there, or accept the loss"}
	case http.StatusUnauthorized, http.StatusForbidden:
		return &providers.Error{Code: providers.CodeDenied, Message: fmt.Sprintf("the source refuses to give it (%d)", code)}
	case http.StatusUnprocessableEntity:
		return providers.Errorf(providers.CodeInvalid, "the source takes its id or size for wrong (%d)", code)
	}
	return providers.Errorf(providers.CodeUnavailable, "the source could not give it (%d)", code)
}

// batchRefused is what a refusal of all objects means.
func (c *client) batchRefused(r *http.Response) error {
	switch r.StatusCode {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		e := c.notLFS(fmt.Sprintf("the source has no Git LFS server at %s (%d)", c.shown(), r.StatusCode))
		e.Code = providers.CodeNotFound
		return e
	}
	return refused(r)
}

func (c *client) notLFS(message string) *providers.Error {
	return &providers.Error{Code: providers.CodeUnsupported, Message: message,
		Hint: `switch Git LFS on at the source, or set lfs = "skip" in the source block to leave its objects out`}
}
