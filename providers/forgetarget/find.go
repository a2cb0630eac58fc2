package forgetarget

import (
	"iter"
	"maps"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/schema"
)

// Find answers which of the wanted objects stand there: those of conversations are
// asked for all at once, the others one by one.
func Find(wanted []providers.Wanted, isConversation func(providers.Wanted) bool,
	inConversations func([]providers.Wanted) ([]schema.Ref, error), one func(providers.Wanted) (schema.Ref, error)) ([]schema.Ref, error) {
	refs := make([]schema.Ref, len(wanted))
	var talk []providers.Wanted
	var at []int
	for i, w := range wanted {
		if isConversation(w) {
			talk, at = append(talk, w), append(at, i)
			continue
		}
		var err error
		if refs[i], err = one(w); err != nil {
			return nil, err
		}
	}
	if len(talk) == 0 {
		return refs, nil
	}
	found, err := inConversations(talk)
	if err != nil {
		return nil, err
	}
	for i, r := range found {
		refs[at[i]] = r
	}
	return refs, nil
}

// Finder finds objects of one repository in lists. Each list is read once for it,
// when something of its kind is first asked for.
type Finder struct {
	byID  map[schema.Kind]map[string]schema.Ref
	byKey map[schema.Key]schema.Ref
}

// Marked is an object whose text may carry a marker of the record that it is.
type Marked struct {
	Ref  schema.Ref
	Text string
}

// ByMarker finds an object where it stood, or by the marker in its text.
func (f *Finder) ByMarker(w providers.Wanted, list iter.Seq2[Marked, error]) (schema.Ref, error) {
	if f.byID[w.Key.Kind] == nil {
		if err := f.read(w.Key.Kind, list); err != nil {
			return schema.Ref{}, err
		}
	}
	if ref, ok := f.byID[w.Key.Kind][w.Ref.ID]; ok {
		return ref, nil
	}
	return f.byKey[w.Key], nil
}

// ByID finds an object where it stood.
func (f *Finder) ByID(w providers.Wanted, list iter.Seq2[schema.Ref, error]) (schema.Ref, error) {
	if w.Ref.ID == "" {
		return schema.Ref{}, nil
	}
	return f.ByMarker(w, Map(list, func(ref schema.Ref) Marked { return Marked{Ref: ref} }))
}

func (f *Finder) read(kind schema.Kind, list iter.Seq2[Marked, error]) error {
	byID, byKey := map[string]schema.Ref{}, map[schema.Key]schema.Ref{}
	for m, err := range list {
		if err != nil {
			return err
		}
		byID[m.Ref.ID] = m.Ref
		if key, ok := attribution.ParseMarker(m.Text); ok && key.Kind == kind {
			byKey[key] = m.Ref
		}
	}
	if f.byID == nil {
		f.byID, f.byKey = map[schema.Kind]map[string]schema.Ref{}, map[schema.Key]schema.Ref{}
	}
	f.byID[kind] = byID
	maps.Copy(f.byKey, byKey)
	return nil
}

// ByNumber reads an object by a numeric id; any other id is not found.
func ByNumber[T any](id string, read func(int64) (T, error)) (T, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		var none T
		return none, &providers.Error{Code: providers.CodeNotFound, Message: "the server has no object with such an id"}
	}
	return read(n)
}

// NilIfNotFound is err, unless it says that there is no such thing.
func NilIfNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
