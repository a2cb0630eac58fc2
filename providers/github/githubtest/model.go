package githubtest

import (
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Model is all that the stand-in knows. The REST and the GraphQL interface are
// two views of it, git repositories below a root folder are the third.
//
// Methods that change something (Add..., Edit..., Delete...) lock the model
// themselves and may be called while it is served. Everything else, fields of
// its objects included, is read inside View, or by a test that knows that
// nothing changes meanwhile. Objects are never copied: one pointer is one
// object of the forge.
type Model struct {
	mu      sync.RWMutex
	base    string // web address of the stand-in, without a slash at the end
	root    string // folder of the git repositories; empty: there are none
	now     time.Time
	step    time.Duration
	last    map[string]int64 // newest id by prefix
	objects map[objectKey]any

	Users        []*User // people, bots and organisations, in the order of their ids
	Orgs         []*Org
	Repositories []*Repository
	Gists        []*Gist
	Attachments  map[string]*Attachment // by path, such as /user-attachments/assets/UUID
	Ghost        *User                  // stands for deleted accounts in REST; GraphQL says null

	moved     map[string]*Repository // by lower-case former owner/name
	reference *regexp.Regexp
}

type objectKey struct {
	prefix string
	id     int64
}

// Epoch is when the history of every model begins.
var Epoch = time.Date(2024, 2, 1, 9, 0, 0, 0, time.UTC)

// NewModel returns an empty forge whose web address is base and whose git
// repositories are made below root. With an empty root there is no git, and
// what needs commits takes them as they are given.
func NewModel(base, root string) *Model {
	m := &Model{
		base:        strings.TrimSuffix(base, "/"),
		root:        root,
		now:         Epoch,
		step:        time.Second,
		last:        map[string]int64{},
		objects:     map[objectKey]any{},
		Attachments: map[string]*Attachment{},
		moved:       map[string]*Repository{},
		reference:   regexp.MustCompile(reference),
	}
	m.Ghost = &User{ID: 10137, Login: "ghost", Name: "Deleted user", Kind: KindUser, CreatedAt: Epoch}
	return m
}

// View runs f while nothing changes.
func (m *Model) View(f func()) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	f()
}

// Base is the web address of the forge, without a slash at the end.
func (m *Model) Base() string { return m.base }

// SetClock sets the time of the next change, and by how much time passes with
// each. A step of zero puts many changes into the same second, as busy
// repositories have them.
func (m *Model) SetClock(now time.Time, step time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now, m.step = now.UTC().Truncate(time.Second), step
}

// Now is the time of the newest change.
func (m *Model) Now() time.Time {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.now
}

// tick begins a change and returns its time.
func (m *Model) tick() time.Time {
	m.now = m.now.Add(m.step)
	return m.now
}

// Prefixes of node ids. Those of GitHub are the same where they are known.
const (
	prefixUser       = "U"
	prefixBot        = "BOT"
	prefixOrg        = "O"
	prefixRepository = "R"
	prefixLabel      = "LA"
	prefixMilestone  = "MI"
	prefixIssueType  = "IT"
	prefixIssue      = "I"
	prefixPull       = "PR"
	prefixComment    = "IC"
	prefixReview     = "PRR"
	prefixThread     = "PRRT"
	prefixDiffNote   = "PRRC"
	prefixCommitNote = "CC"
	prefixEvent      = "EV"
	prefixReaction   = "REA"
	prefixRelease    = "RE"
	prefixAsset      = "RA"
	prefixDiscussion = "D"
	prefixReply      = "DC"
	prefixCategory   = "DIC"
	prefixGist       = "G"
	prefixGistNote   = "GC"
	prefixProtection = "BPR"
	prefixRuleset    = "RRS"
	prefixTeam       = "T"
	prefixOther      = "X" // hooks, keys
)

// firstID is where the ids of a prefix begin. Issues, comments and events are
// beyond 32 bits, as GitHub's have long been.
func firstID(prefix string) int64 {
	switch prefix {
	case prefixUser, prefixBot, prefixOrg:
		return 90_000_000
	case prefixRepository:
		return 700_000_000
	case prefixIssue:
		return 3_100_000_000
	case prefixPull:
		return 2_300_000_000
	case prefixComment:
		return 2_800_000_000
	case prefixReview:
		return 2_600_000_000
	case prefixDiffNote:
		return 2_200_000_000
	case prefixEvent:
		return 16_000_000_000
	case prefixLabel:
		return 8_000_000_000
	case prefixReaction, prefixRelease, prefixAsset:
		return 250_000_000
	}
	return 12_000_000
}

// register gives an object the next id of its prefix.
func (m *Model) register(prefix string, object any) int64 {
	counter := prefix
	if prefix == prefixBot || prefix == prefixOrg {
		counter = prefixUser // one sequence, as at GitHub
	}
	if m.last[counter] == 0 {
		m.last[counter] = firstID(counter)
	}
	m.last[counter]++
	m.objects[objectKey{prefix, m.last[counter]}] = object
	return m.last[counter]
}

func (m *Model) forget(prefix string, id int64) {
	delete(m.objects, objectKey{prefix, id})
}

// nodeID is the global id of an object: its prefix, the start that GitHub's
// have, and the id in base64.
func nodeID(prefix string, id int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	return prefix + "_kwDO" + base64.RawURLEncoding.EncodeToString(b[2:])
}

// Node returns the object with a global id: a *User, *Repository, *Issue (pull
// requests too), *Comment, ..., or nil.
func (m *Model) Node(id string) any {
	prefix, rest, ok := strings.Cut(id, "_kwDO")
	if !ok {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil || len(raw) != 6 {
		return nil
	}
	return m.objects[objectKey{prefix, int64(binary.BigEndian.Uint64(append([]byte{0, 0}, raw...)))}]
}

// object returns the object of a prefix with a REST id.
func object[T any](m *Model, prefix string, id int64) T {
	o, _ := m.objects[objectKey{prefix, id}].(T)
	return o
}
