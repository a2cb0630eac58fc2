package threads

import (
	"cmp"
	"context"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/markup"
	"github.com/drover-migrate/drover/schema"
)

// former is what Bitbucket calls who left.
const former = "Former user"

// Person is an account as records have it: by its Atlassian id, which is for ever,
// and its nickname, which is neither unique nor for ever, and all that mentions have.
// There are no user names any more.
func Person(a *api.Account) schema.Person {
	if a == nil {
		return schema.Person{Name: former}
	}
	p := schema.Person{ID: cmp.Or(a.AccountID, a.UUID), Login: a.Nickname, Name: a.DisplayName}
	if p == (schema.Person{}) {
		p.Name = former
	}
	return p
}

// ifAny is the person, or nil when there is none.
func ifAny(a *api.Account) *schema.Person {
	if a == nil {
		return nil
	}
	p := Person(a)
	return &p
}

// People knows who is mentioned by which id. It is safe for concurrent use, and kept
// while a source is open: the same few people are mentioned again and again.
type People struct {
	client *api.Client

	mu     sync.Mutex
	known  map[string]api.Account // by the id in the mention; a zero one is a stranger
	hidden bool                   // the credentials may not look anybody up
}

// NewPeople knows nobody yet.
func NewPeople(client *api.Client) *People {
	return &People{client: client, known: map[string]api.Account{}}
}

// present are the accounts that have to do with one thread. They are known without
// asking, whatever the credentials may see; what is known of other threads is not
// used, for it depends on what was read before.
type present map[string]*api.Account

func (p present) meet(accounts ...*api.Account) {
	for _, a := range accounts {
		if a != nil && a.AccountID != "" {
			p[a.AccountID] = a
		}
	}
}

// find looks up who an id means. Nobody is looked up twice.
func (p *People) find(ctx context.Context, id string) (api.Account, error) {
	p.mu.Lock()
	a, known := p.known[id]
	hidden := p.hidden
	p.mu.Unlock()
	if known || hidden {
		return a, nil
	}
	a, err := p.client.User(ctx, id)
	if err != nil && !api.IsHidden(err) {
		return a, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[id] = a
	p.hidden = p.hidden || providers.CodeOf(err) == providers.CodeDenied
	return a, nil
}

// who is the account with an id; a zero one is a stranger.
func (p *People) who(ctx context.Context, here present, id string) (api.Account, error) {
	if met := here[id]; met != nil {
		return *met, nil
	}
	return p.find(ctx, id)
}

// text makes what somebody wrote readable elsewhere. An error is one of the server.
func (p *People) text(ctx context.Context, here present, c api.Content) (string, error) {
	var failed error
	text := markup.Text(c.Raw, func(id string) (string, bool) {
		a, err := p.who(ctx, here, id)
		failed = cmp.Or(failed, err)
		name := cmp.Or(a.Nickname, a.DisplayName)
		return name, name != ""
	})
	return text, failed
}
