package threads

import (
	"context"
	"sync"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
)

// told is how many digits of a commit's id Bitbucket tells.
const told = 12

// commits completes abbreviated ids. It is safe for concurrent use.
type commits struct {
	client *api.Client
	repo   api.Repo

	mu    sync.Mutex
	known map[string]string // by the first digits; an empty id is of a commit that is gone
}

// newCommits knows the commits that refs name.
func newCommits(client *api.Client, repo api.Repo, refs map[string]string) *commits {
	c := &commits{client: client, repo: repo, known: make(map[string]string, len(refs))}
	for _, oid := range refs {
		c.learn(oid)
	}
	return c
}

// learn is called with c.mu held, or before anybody else knows c.
func (c *commits) learn(oid string) {
	if IsOID(oid) {
		c.known[oid[:told]] = oid
	}
}

// full is the id that begins with hash, or nothing when the commit is gone.
func (c *commits) full(ctx context.Context, hash string) (string, error) {
	if IsOID(hash) || hash == "" {
		return hash, nil
	}
	if len(hash) < 7 || len(hash) > 40 || !isHex(hash) {
		return "", nil
	}
	c.mu.Lock()
	oid, known := c.known[hash]
	c.mu.Unlock()
	if known {
		return oid, nil
	}
	found, err := c.client.Commit(ctx, c.repo, hash)
	if err != nil && !api.IsHidden(err) {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, parent := range found.Parents {
		c.learn(parent.Hash)
	}
	c.learn(found.Hash)
	if !IsOID(found.Hash) || found.Hash[:len(hash)] != hash {
		found.Hash = ""
	}
	c.known[hash] = found.Hash
	return found.Hash, nil
}

// IsOID reports whether s is the full id of a commit.
func IsOID(s string) bool { return len(s) == 40 && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
