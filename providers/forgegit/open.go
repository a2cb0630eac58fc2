package forgegit

import (
	"context"
	"crypto/x509"
	"iter"
	"net/http"
	"os"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// FindGit makes sure that there is a git that can be used.
func FindGit(ctx context.Context) error {
	if _, err := gitrepo.Version(ctx); err != nil {
		e := Failure("find git", "", err)
		e.Hint = "install git and make sure that it is in PATH"
		return e
	}
	return nil
}

// NewTransport returns what large objects are fetched with. CAFile names certificates
// to trust instead of the system's; empty, there are none.
func NewTransport(caFile string) (*http.Transport, error) {
	if caFile == "" {
		return lfs.NewTransport(nil), nil
	}
	data, err := os.ReadFile(caFile)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(data) {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "read ca_file", Subject: schema.Printable(caFile), Attribute: "ca_file", Err: err,
			Message: "it cannot be read as certificates", Hint: "name a file with certificates in PEM; a relative path starts at the folder of the plan"}
	}
	return lfs.NewTransport(roots), nil
}

// Describe fills in what the refs of a repository and of its wiki, if it has one,
// tell of it.
func Describe(facts *providers.Facts, code, wiki gitrepo.Refs) {
	facts.Parts = []providers.Part{providers.PartCode}
	if len(wiki.Names) > 0 {
		facts.Parts = append(facts.Parts, providers.PartWiki)
	}
	facts.Refs, facts.WikiRefs = code.Names, wiki.Names
	facts.DefaultBranch, facts.ObjectFormat = DefaultBranch(code), code.ObjectFormat
}

// Authors is Source.Authors: it lists the people in the history of the repository
// that find returns.
func Authors(ctx context.Context, cache string, find func() (Repository, error)) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		r, err := find()
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		r.Authors(ctx, cache)(yield)
	}
}

// NoPart says that a repository has no such part.
func NoPart(part providers.Part) error {
	return providers.Errorf(providers.CodeUnsupported, "a repository has no part %q", schema.Printable(string(part)))
}
