package chain

import "container/list"

// texts keeps the texts that were used last.
type texts struct {
	byRevision map[int]*list.Element
	order      list.List // of keptText, the one used last in front
	bytes      int
}

type keptText struct {
	i    int
	text []byte
}

func (t *texts) get(i int) ([]byte, bool) {
	e, ok := t.byRevision[i]
	if !ok {
		return nil, false
	}
	t.order.MoveToFront(e)
	return e.Value.(keptText).text, true
}

// put keeps text, and as many others as there is room for.
func (t *texts) put(i int, text []byte) {
	if t.byRevision == nil {
		t.byRevision = map[int]*list.Element{}
	}
	t.byRevision[i] = t.order.PushFront(keptText{i, text})
	t.bytes += len(text) + entryBytes
	for t.bytes > cacheBytes && t.order.Len() > 1 {
		oldest := t.order.Remove(t.order.Back()).(keptText)
		delete(t.byRevision, oldest.i)
		t.bytes -= len(oldest.text) + entryBytes
	}
}

// entryBytes is about what keeping a text costs besides its bytes.
const entryBytes = 200
