package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
)

// connections starts providers and opens sources and targets, each once, when
// something first asks for it. It is the engine's Ends.
type connections struct {
	app     *app
	finder  *finder
	vault   *vault
	sources map[string]schema.Connection
	targets map[string]schema.Connection
	bound   map[string]string // provider -> digest its executable must have
	inherit []*os.File        // descriptors that providers hold
	scratch string

	mu      sync.Mutex
	clients map[string]*client
	opened  map[string]*opening
}

// client is one provider's process, and what it said of itself.
type client struct {
	*plugin.Client
	installed installed
	turn      sync.Mutex // held while it is asked about itself
	about     providers.Description
	digest    string
	err       error
}

// opening is one connection, opened or being opened.
type opening struct {
	turn   sync.Mutex // held while it is being opened
	source providers.Source
	target providers.Target
	err    error // why it cannot be opened, if that will not pass by itself
}

// lasting reports whether to try again is of no use. One that was asked for
// under a context that ended, or by a source that was not there, is opened anew
// by the next who needs it.
func lasting(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	code := providers.CodeOf(err)
	return code != providers.CodeUnavailable && code != providers.CodeRateLimited
}

func (a *app) connections() (*connections, error) {
	o, err := readOperator()
	if err != nil {
		return nil, err
	}
	f, err := a.finder(o)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "drover-")
	if err != nil {
		return nil, fmt.Errorf("make a scratch folder: %w", err)
	}
	for name, path := range f.dev {
		fmt.Fprintf(a.stderr, "warning: provider %q is a development build: %s\n", name, schema.Printable(path))
	}
	return &connections{
		app: a, finder: f, scratch: scratch, vault: &vault{app: a, operator: o},
		clients: map[string]*client{}, opened: map[string]*opening{},
	}, nil
}

// use sets what the plan or changeset says about its connections. What was
// opened under the same name with the same settings stays open.
func (c *connections) use(sources, targets map[string]schema.Connection, secrets map[string]schema.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources, c.targets = sources, targets
	c.vault.learn(secrets)
}

// hold makes providers keep files open, so that the state stays locked for as
// long as one of them may still be writing. Those that run already start anew.
func (c *connections) hold(files ...*os.File) {
	c.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inherit = files
	c.clients, c.opened = map[string]*client{}, map[string]*opening{}
}

// close ends every provider, at the end of a command.
func (c *connections) close() {
	c.end()
	os.RemoveAll(c.scratch) // nothing in it is needed again
}

func (c *connections) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for _, p := range c.clients {
		all.Go(func() {
			if err := p.Close(ctx); err != nil {
				c.app.log.Warn("provider did not end well", "provider", p.installed.Name, "error", err.Error())
			}
		})
	}
	all.Wait()
}

func (c *connections) client(name string) (*client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.clients[name]; ok {
		return p, nil
	}
	found, err := c.finder.find(name)
	if err != nil {
		return nil, err
	}
	p := &client{installed: found, Client: plugin.Launch(plugin.Options{
		Name: name, Path: found.Path, Digest: c.bound[name], Log: c.app.log, Inherit: c.inherit,
		Scratch: filepath.Join(c.scratch, name),
	})}
	c.clients[name] = p
	return p, nil
}

// Provider describes a provider and tells its executable's digest.
func (c *connections) Provider(ctx context.Context, name string) (providers.Description, string, error) {
	p, err := c.client(name)
	if err != nil {
		return providers.Description{}, "", err
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.err == nil && p.about.Name == "" {
		if err := p.ask(ctx); lasting(ctx, err) {
			p.err = err
		} else if err != nil {
			return providers.Description{}, "", err
		}
	}
	return p.about, p.digest, p.err
}

// systems are the providers of version control systems that are installed. One
// that does not start is left out: drover provider list tells about it.
func (c *connections) systems(ctx context.Context) engine.Systems {
	var all []providers.Description
	for _, found := range c.finder.all() {
		if d, _, err := c.Provider(ctx, found.Name); err == nil {
			all = append(all, d)
		}
	}
	return engine.NewSystems(all)
}

// ask learns the digest of the provider's executable, and what it says of
// itself.
func (p *client) ask(ctx context.Context) (err error) {
	if p.digest == "" {
		if p.digest, err = plugin.Digest(p.installed.Path); err != nil {
			return err
		}
	}
	p.about, err = p.Describe(ctx)
	return err
}

// failed remembers an error that lasts.
func (o *opening) failed(ctx context.Context, err error) error {
	if lasting(ctx, err) {
		o.err = err
	}
	return err
}

// Source opens a source connection.
func (c *connections) Source(ctx context.Context, key string) (providers.Source, error) {
	c.mu.Lock()
	connection, ok := c.sources[key]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("there is no connection %q", key)
	}
	return c.openSource(ctx, connection)
}

func (c *connections) openSource(ctx context.Context, connection schema.Connection) (providers.Source, error) {
	o := c.opening("source " + settingsOf(connection))
	o.turn.Lock()
	defer o.turn.Unlock()
	if o.source != nil || o.err != nil {
		return o.source, o.err
	}
	p, config, err := c.prepare(ctx, connection)
	if err != nil {
		return nil, o.failed(ctx, err)
	}
	if o.source, err = p.OpenSource(ctx, config); err != nil {
		return nil, o.failed(ctx, err)
	}
	return o.source, nil
}

// Target opens a target connection.
func (c *connections) Target(ctx context.Context, key string) (providers.Target, error) {
	c.mu.Lock()
	connection, ok := c.targets[key]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("there is no connection %q", key)
	}
	return c.openTarget(ctx, connection)
}

func (c *connections) openTarget(ctx context.Context, connection schema.Connection) (providers.Target, error) {
	o := c.opening("target " + settingsOf(connection))
	o.turn.Lock()
	defer o.turn.Unlock()
	if o.target != nil || o.err != nil {
		return o.target, o.err
	}
	p, config, err := c.prepare(ctx, connection)
	if err != nil {
		return nil, o.failed(ctx, err)
	}
	if o.target, err = p.OpenTarget(ctx, config); err != nil {
		return nil, o.failed(ctx, err)
	}
	return o.target, nil
}

// settingsOf tells apart connections that have to be opened separately.
func settingsOf(c schema.Connection) string {
	return schema.Digest([]any{c.Provider, c.Settings, c.Secrets})
}

func (c *connections) opening(key string) *opening {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.opened[key]
	if !ok {
		o = &opening{}
		c.opened[key] = o
	}
	return o
}

// Secrets reads the secrets of a source, for a forge that signs in there itself.
func (c *connections) Secrets(ctx context.Context, key string) (map[string]string, error) {
	c.mu.Lock()
	connection, ok := c.sources[key]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("there is no connection %q", key)
	}
	return c.secrets(ctx, connection)
}

func (c *connections) secrets(ctx context.Context, connection schema.Connection) (map[string]string, error) {
	var texts map[string]string
	for attribute, secret := range connection.Secrets {
		text, err := c.vault.text(ctx, secret)
		if err != nil {
			return nil, &providers.Error{Code: providers.CodeAuth, Op: "open " + connection.Address, Message: err.Error(), Attribute: attribute, Err: err}
		}
		if texts == nil {
			texts = map[string]string{}
		}
		texts[attribute] = text
	}
	return texts, nil
}

// prepare reads a connection's secrets and finds its provider.
func (c *connections) prepare(ctx context.Context, connection schema.Connection) (*client, providers.Config, error) {
	p, err := c.client(connection.Provider)
	if err != nil {
		return nil, providers.Config{}, err
	}
	dir, err := filepath.Abs(c.app.dir())
	if err != nil {
		return nil, providers.Config{}, fmt.Errorf("find the plan's folder: %w", err)
	}
	config := providers.Config{Settings: connection.Settings, Dir: dir}
	config.Secrets, err = c.secrets(ctx, connection)
	return p, config, err
}
