package git

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// source reads repositories. It keeps nothing between calls but connections.
type source struct {
	providers.UnimplementedSource

	dir       string // where relative paths start, absolute
	username  string
	password  string
	caFile    string // absolute, or ""
	lfs       string
	transport *http.Transport // for Git LFS
}

func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	s, err := newSource(config)
	if err != nil {
		return nil, err
	}
	if _, err := gitrepo.Version(ctx); err != nil {
		e := classify(err)
		e.Op = "find git"
		_, e.Hint = advice(gitrepo.KindOf(err), address{})
		return nil, e
	}
	return s, nil
}

func newSource(config providers.Config) (*source, error) {
	var settings struct {
		Username string `json:"username"`
		CAFile   string `json:"ca_file"`
		LFS      string `json:"lfs"`
	}
	if err := decode(config.Settings, &settings); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
	}
	s := &source{dir: dir, username: settings.Username, password: config.Secrets["password"], lfs: settings.LFS}
	if s.lfs == "" {
		s.lfs = lfsAuto
	}
	for attribute, value := range map[string]string{"username": s.username, "password": s.password} {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open source", Message: attribute + " contains a control character, such as a line break",
				Hint: "remove it; a secret read from a file may end with a line break", Attribute: attribute}
		}
	}
	roots, err := s.readCAFile(settings.CAFile)
	if err != nil {
		return nil, err
	}
	s.transport = lfs.NewTransport(roots)
	return s, nil
}

// readCAFile returns the certificates to trust, or nil for the system's.
func (s *source) readCAFile(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	s.caFile = file
	if !filepath.IsAbs(file) {
		s.caFile = filepath.Join(s.dir, file)
	}
	fault := &providers.Error{Code: providers.CodeInvalid, Op: "read ca_file", Subject: schema.Printable(file), Attribute: "ca_file",
		Hint: "name a file with certificates in PEM; a relative path starts at the folder of the plan"}
	data, err := os.ReadFile(s.caFile)
	if err != nil {
		fault.Message, fault.Err = "the file cannot be read", err
		return nil, fault
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		fault.Message = "the file holds no certificate"
		return nil, fault
	}
	return roots, nil
}

// decode reads settings that were checked against the description before.
func decode(settings json.RawMessage, into any) error {
	if len(settings) == 0 {
		return nil
	}
	if err := json.Unmarshal(settings, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	return nil
}

// locate reads the settings of a repository block.
func (s *source) locate(repo providers.Repo) (address, error) {
	var settings struct {
		URL string `json:"vcs_url"`
	}
	if err := decode(repo.Settings, &settings); err != nil {
		return address{}, err
	}
	a, err := parseAddress(settings.URL)
	if err != nil {
		return address{}, badAddress("vcs_url", err)
	}
	// A lone user name may be a token, and addresses are stored and shown.
	if a.web() && a.user != "" && s.password == "" {
		return address{}, &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Attribute: "vcs_url",
			Message: "the address holds a user name, and there is no password to go with it",
			Hint:    "remove the user name, or set username and password in the source block"}
	}
	return a, nil
}

// remote is the repository at a for gitrepo.
func (s *source) remote(a address) gitrepo.Remote {
	r := gitrepo.Remote{URL: a.raw, CAFile: s.caFile}
	switch {
	case a.scheme == "":
		r.URL = a.absolute(s.dir)
	case a.web():
		r.Username, r.Password = s.user(a), s.password
	}
	return r
}

// user is the user name for a: the one in the address comes first.
func (s *source) user(a address) string {
	if a.user != "" {
		return a.user
	}
	return s.username
}

// Authors lists the authors, committers and taggers of a history. RemoteID is
// the e-mail address, RemoteName the name, both as recorded.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		a, err := s.locate(repo)
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		// gitrepo sorts by name, so all are needed before the first; there are
		// as many as people, not as commits.
		var all []schema.Author
		for person, err := range gitrepo.AuthorsOf(ctx, s.remote(a), cache) {
			if err != nil {
				yield(schema.Author{}, failure("list authors", a, err))
				return
			}
			all = append(all, schema.Author{RemoteID: person.Email, RemoteName: person.Name, Name: person.Name, Email: person.Email, Commits: person.Commits})
		}
		slices.SortStableFunc(all, func(a, b schema.Author) int { return strings.Compare(a.RemoteID, b.RemoteID) })
		for _, author := range all {
			if !yield(author, nil) {
				return
			}
		}
	}
}

func (s *source) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}
