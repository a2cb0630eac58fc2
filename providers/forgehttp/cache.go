package forgehttp

import (
	"bytes"
	"container/list"
	"net/http"
	"sync"
)

// Cache keeps answers by address together with their ETags, so that the server
// need not send again what has not changed. It is used by several goroutines at
// once, and may forget anything at any time. Body is opaque: what Put gave, Get
// returns. A cache must not be shared by clients of different servers or with
// different credentials.
type Cache interface {
	Get(url string) (etag string, body []byte, ok bool)
	Put(url, etag string, body []byte)
}

// kept is an answer in the cache. Its body begins with the line of the header
// Link, because answers that say that nothing changed need not repeat it.
type kept struct {
	link, body []byte
}

// recall finds what the cache has for q, and asks the server whether it holds.
func recall(cache Cache, q *call) (key string, found *kept) {
	key = q.at.String()
	if accept := q.header.Get("Accept"); accept != "" {
		key += " " + accept
	}
	etag, body, ok := cache.Get(key)
	if !ok {
		return key, nil
	}
	link, rest, ok := bytes.Cut(body, []byte{'\n'})
	if !ok {
		return key, nil
	}
	q.header.Set("If-None-Match", etag)
	return key, &kept{link: link, body: rest}
}

// answer makes the answer that nothing changed one with the content that has
// not changed.
func (k *kept) answer(a Response) Response {
	a.Body, a.NotModified = k.body, true
	if a.Header.Get("Link") == "" && len(k.link) > 0 {
		a.Header = a.Header.Clone()
		a.Header.Set("Link", string(k.link))
	}
	return a
}

func keep(cache Cache, key string, a Response) {
	etag := a.Header.Get("ETag")
	if etag == "" || a.Status != http.StatusOK {
		return
	}
	body := append([]byte(a.Header.Get("Link")), '\n')
	cache.Put(key, etag, append(body, a.Body...))
}

// NewMemoryCache returns a cache in memory of at most maxBytes. It forgets what
// was not asked for the longest.
func NewMemoryCache(maxBytes int64) Cache {
	return &memoryCache{size: maxBytes, room: maxBytes, order: list.New(), at: map[string]*list.Element{}}
}

type memoryCache struct {
	mu    sync.Mutex
	size  int64
	room  int64      // of it, what is free
	order *list.List // of *page, the latest first
	at    map[string]*list.Element
}

type page struct {
	url, etag string
	body      []byte
}

func (p *page) size() int64 { return int64(len(p.url) + len(p.etag) + len(p.body)) }

func (m *memoryCache) Get(url string) (string, []byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.at[url]
	if !ok {
		return "", nil, false
	}
	m.order.MoveToFront(e)
	p := e.Value.(*page)
	return p.etag, p.body, true
}

func (m *memoryCache) Put(url, etag string, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.at[url]; ok {
		m.drop(e)
	}
	p := &page{url: url, etag: etag, body: body}
	if p.size() > m.size {
		return
	}
	m.at[url] = m.order.PushFront(p)
	m.room -= p.size()
	for m.room < 0 {
		m.drop(m.order.Back())
	}
}

func (m *memoryCache) drop(e *list.Element) {
	p := m.order.Remove(e).(*page)
	delete(m.at, p.url)
	m.room += p.size()
}
