package mercurial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// source reads repositories. It keeps nothing between calls.
type source struct {
	providers.UnimplementedSource

	dir       string // where relative paths start, absolute
	scratch   string // for temporary files
	username  string
	password  string
	caFile    string // absolute, or ""
	transport *http.Transport
}

func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	s, err := newSource(config)
	if err != nil {
		return nil, err
	}
	if _, err := gitrepo.Version(ctx); err != nil {
		e := classify(err)
		e.Op = "find git"
		return nil, e
	}
	return s, nil
}

func newSource(config providers.Config) (*source, error) {
	var settings struct {
		Username string `json:"username"`
		CAFile   string `json:"ca_file"`
	}
	if err := decode(config.Settings, &settings); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
	}
	s := &source{dir: dir, scratch: config.Scratch, username: settings.Username, password: config.Secrets["password"]}
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
	s.transport = http.DefaultTransport.(*http.Transport).Clone()
	s.transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return s, nil
}

func (s *source) Close() error {
	s.transport.CloseIdleConnections()
	return nil
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
