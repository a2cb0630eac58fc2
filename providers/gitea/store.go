package gitea

import (
	"encoding/json"
	"fmt"
	"iter"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// object is a thing of the server that a record becomes: how it is read, made and
// changed, and what tells that somebody changed it.
type object[T any] struct {
	wanted  string                            // the version of what is to stand there
	version func(T) string                    // a digest of what a write sets
	ref     func(T) schema.Ref                // without the version
	read    func(id string) (T, error)        // not found: it is gone
	create  func() (T, error)                 //
	edit    func(id string, now T) (T, error) // makes what stands there what is wanted
}

// store makes an object what a record says: it creates it, changes it, or leaves
// it alone when it is so already. Standing is what was found under the record's
// name, for records that were not written before; nil is nothing.
//
// What somebody changed since it was written, or made under the name of what is
// to be made, is left as it is unless the write says to overwrite it.
func store[T any](w providers.Write, standing *T, o object[T]) (providers.Written, error) {
	if w.Ref.ID == "" && standing == nil {
		made, err := o.create()
		return o.written(made), err
	}
	var now T
	if w.Ref.ID == "" {
		now = *standing
	} else {
		var err error
		now, err = o.read(w.Ref.ID)
		switch {
		case api.IsNotFound(err) && w.Overwrite:
			made, err := o.create()
			return o.written(made), err
		case api.IsNotFound(err):
			return providers.Written{}, changed("somebody deleted it at the target")
		case err != nil:
			return providers.Written{}, err
		}
	}
	version := o.version(now)
	switch {
	case version == o.wanted:
		return o.written(now), nil
	case w.Overwrite || w.Ref.ID != "" && (w.Ref.Version == "" || w.Ref.Version == version):
	case w.Ref.ID == "":
		left := o.written(now)
		left.Degraded = "Something of that name stood there already and was left as it is."
		return left, nil
	default:
		return providers.Written{}, changed("somebody changed it at the target")
	}
	now, err := o.edit(o.ref(now).ID, now)
	return o.written(now), err
}

func (o object[T]) written(now T) providers.Written {
	ref := o.ref(now)
	ref.Version = o.version(now)
	return providers.Written{Ref: ref}
}

func changed(what string) error {
	return &providers.Error{Code: providers.CodeConflict, Message: what, Hint: `set on_target_drift = "overwrite" to write over it`}
}

// list is a list of the server's by name, read once.
type list[T any] struct {
	mu     sync.Mutex
	loaded bool
	byName map[string]T
}

// find returns what stands under a name, or nil.
func (l *list[T]) find(name string, nameOf func(T) string, load func() iter.Seq2[T, error]) (*T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.loaded {
		l.byName = map[string]T{}
		for item, err := range load() {
			if err != nil {
				return nil, err
			}
			if _, twice := l.byName[nameOf(item)]; !twice {
				l.byName[nameOf(item)] = item
			}
		}
		l.loaded = true
	}
	if item, ok := l.byName[name]; ok {
		return &item, nil
	}
	return nil, nil
}

// put notes what stands under a name now.
func (l *list[T]) put(name string, item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded {
		l.byName[name] = item
	}
}

func (l *list[T]) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded, l.byName = false, nil
}

// catalog holds the lists of a repository in which records are looked for by
// name.
type catalog struct {
	labels      list[api.Label]
	milestones  list[api.Milestone]
	releases    list[api.Release]
	protections list[api.BranchProtection]
	tagRules    list[api.TagProtection]
	tags        list[string]
}

// forget lets everything be read anew.
func (c *catalog) forget() {
	c.labels.forget()
	c.milestones.forget()
	c.releases.forget()
	c.protections.forget()
	c.tagRules.forget()
	c.tags.forget()
}

// digest is the version of what stands at the server.
func digest(parts ...any) string { return schema.Digest(parts) }

// decode reads the body of a record.
func decode[T any](w providers.Write) (T, error) {
	var body T
	if err := json.Unmarshal(w.Record.Body, &body); err != nil {
		return body, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the body is not that of a %s", w.Record.Kind), Err: err}
	}
	return body, nil
}

// relatedTo returns the ref of a record that w names.
func relatedTo(w providers.Write, key schema.Key) (schema.Ref, bool) {
	for _, r := range w.Related {
		if r.Key == key && r.Ref.ID != "" {
			return r.Ref, true
		}
	}
	return schema.Ref{}, false
}
