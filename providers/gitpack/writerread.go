package gitpack

import "io"

// record returns what is known of an object of the pack being written.
func (w *Writer) record(id ID) (record, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	i, ok := w.byID[id]
	if !ok {
		return record{}, false
	}
	return w.records[i], true
}

// offset returns where an object of the pack being written starts.
func (w *Writer) offset(id ID) (int64, bool) {
	r, ok := w.record(id)
	return r.offset, ok
}

// Has reports whether the writer or its store holds an object.
func (w *Writer) Has(id ID) bool {
	if _, ok := w.record(id); ok {
		return true
	}
	return w.store != nil && w.store.Has(id)
}

// Stat is [Store.Stat] for the objects of the writer and its store.
func (w *Writer) Stat(id ID) (Kind, int64, error) {
	if r, ok := w.record(id); ok {
		return r.kind, r.size, nil
	}
	if w.store == nil {
		return 0, 0, about(id, ErrMissing)
	}
	return w.store.Stat(id)
}

// Read is [Store.Read] for the objects of the writer and its store.
func (w *Writer) Read(id ID) (Kind, []byte, error) {
	if r, ok := w.record(id); ok {
		kind, data, err := w.pack.readAny(r.offset)
		return kind, data, about(id, err)
	}
	if w.store == nil {
		return 0, nil, about(id, ErrMissing)
	}
	return w.store.Read(id)
}

// Open is [Store.Open] for the objects of the writer and its store.
func (w *Writer) Open(id ID) (Kind, int64, io.ReadCloser, error) {
	if r, ok := w.record(id); ok {
		kind, size, rc, err := w.pack.open(r.offset)
		if err != nil {
			return 0, 0, nil, about(id, err)
		}
		return kind, size, rc, nil
	}
	if w.store == nil {
		return 0, 0, nil, about(id, ErrMissing)
	}
	return w.store.Open(id)
}
