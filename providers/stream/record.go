package stream

import (
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Record is a record before it is told.
type Record struct {
	Key    schema.Key
	Parent *schema.Key
	After  []schema.Key
	Body   any
	Blob   *schema.Blob
}

// Message tells the record. Its revision is the digest of all that it holds, for
// what forges say of the time of a change misses reactions, resolved conversations
// and more. A record that nobody could store is told as one that cannot be read.
func (r Record) Message() (providers.Message, error) {
	data, err := json.Marshal(r.Body)
	if err != nil {
		return providers.Message{}, providers.Errorf(providers.CodeInternal, "write %s: %w", r.Key, err)
	}
	record := &schema.Record{
		Kind: r.Key.Kind, ID: r.Key.ID, Parent: r.Parent, After: r.After, Body: data, Blob: r.Blob,
		Revision: schema.Digest([]any{json.RawMessage(data), r.Blob}),
	}
	if err := record.Check(); err != nil {
		return Failed(r.Key, "", "", providers.Errorf(providers.CodeInvalid, "%w", err)), nil
	}
	return providers.Message{Record: record}, nil
}

// Failed tells of an object that exists and cannot be had.
func Failed(key schema.Key, title, url string, problem *providers.Error) providers.Message {
	named := *problem
	if named.Op == "" {
		named.Op, named.Subject = "read", key.String()
	}
	return providers.Message{Failed: &providers.ItemFailed{Key: key, Title: title, URL: url, Problem: &named}}
}
