package forgetarget

import (
	"errors"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Object is a thing of the server that a record becomes: how it is read, made and
// changed, and what tells that somebody changed it.
type Object[T any] struct {
	Wanted  string                            // the version of what is to stand there
	Version func(T) string                    // a digest of what a write sets
	Ref     func(T) schema.Ref                // without the version
	Read    func(id string) (T, error)        // not found: it is gone
	Create  func() (T, error)                 //
	Edit    func(id string, now T) (T, error) // makes what stands there what is wanted
}

// Store makes an object what a record says: it creates it, changes it, or leaves
// it alone when it is so already. Standing is what was found under the record's
// name, for records that were not written before; nil is nothing.
//
// What somebody changed since it was written, or made under the name of what is
// to be made, is left as it is unless the write says to overwrite it.
func Store[T any](w providers.Write, standing *T, o Object[T]) (providers.Written, error) {
	if w.Ref.ID == "" && standing == nil {
		made, err := o.Create()
		return o.written(made), err
	}
	var now T
	if w.Ref.ID == "" {
		now = *standing
	} else {
		var err error
		now, err = o.Read(w.Ref.ID)
		switch {
		case isNotFound(err) && w.Overwrite:
			made, err := o.Create()
			return o.written(made), err
		case isNotFound(err):
			return providers.Written{}, Changed("somebody deleted it at the target")
		case err != nil:
			return providers.Written{}, err
		}
	}
	version := o.Version(now)
	switch {
	case version == o.Wanted:
		return o.written(now), nil
	case w.Overwrite || w.Ref.ID != "" && (w.Ref.Version == "" || w.Ref.Version == version):
	case w.Ref.ID == "":
		left := o.written(now)
		left.Degraded = "Something of that name stood there already and was left as it is."
		return left, nil
	default:
		return providers.Written{}, Changed("somebody changed it at the target")
	}
	now, err := o.Edit(o.Ref(now).ID, now)
	return o.written(now), err
}

func (o Object[T]) written(now T) providers.Written {
	ref := o.Ref(now)
	ref.Version = o.Version(now)
	return providers.Written{Ref: ref}
}

// Changed is the error of an object that somebody changed: what says how.
func Changed(what string) error {
	return &providers.Error{Code: providers.CodeConflict, Message: what, Hint: `set on_target_drift = "overwrite" to write over it`}
}

func isNotFound(err error) bool {
	var e *providers.Error
	return errors.As(err, &e) && e.Code == providers.CodeNotFound
}
