package directory

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// source reads an archive.
type source struct {
	providers.UnimplementedSource
	archive *archive
}

func (s *source) Close() error { return s.archive.close() }

// stored is a repository of the source.
type stored struct {
	at       location
	tree     tree
	manifest *manifest // nil when the archive was made by hand
}

// find opens the repository that the settings name.
func (s *source) find(repo providers.Repo) (*stored, error) {
	var settings struct {
		RepoPath string `json:"repo_path"`
	}
	if err := json.Unmarshal(repo.Settings, &settings); err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "the settings are not a JSON object with a repo_path", Err: err}
	}
	at, invalid := parseLocation(settings.RepoPath)
	if invalid != nil {
		invalid.Attribute = "repo_path"
		invalid.Hint = "set repo_path to NAMESPACE/NAME as in the archive, without .git"
		return nil, invalid
	}
	tree, err := s.archive.open()
	if err != nil {
		return nil, err
	}
	there := false
	for _, part := range []string{at.git(), at.records()} {
		found, err := exists(tree, part)
		if err != nil {
			return nil, err
		}
		there = there || found
	}
	if !there {
		return nil, &providers.Error{Code: providers.CodeNotFound, Message: "the archive has no such repository",
			Hint: "correct repo_path; it is NAMESPACE/NAME, without .git", Attribute: "repo_path"}
	}
	m, err := readManifest(tree, at)
	if err != nil {
		return nil, err
	}
	return &stored{at: at, tree: tree, manifest: m}, nil
}

// identity is the repository's permanent id: the one it had where it came from,
// or its place for an archive made by hand.
func (r *stored) identity() string {
	if r.manifest != nil {
		return r.manifest.Identity
	}
	return "directory:" + r.at.String()
}

func (r *stored) records(s *source) records {
	return records{tree: r.tree, at: r.at, scratch: s.archive.scratch}
}

// checkFinished refuses records that are still in a journal: reading only those
// that were sorted would leave out the others without a word.
func (r *stored) checkFinished(s *source) error {
	pending, err := r.records(s).pending()
	if err == nil && pending {
		err = &providers.Error{Code: providers.CodeConflict, Message: "the migration into this archive was stopped before it was finished",
			Hint: "run the plan that writes the archive again"}
	}
	return err
}

// git opens a git repository of the archive; nil when there is none.
func (r *stored) git(s *source, name string) (*gitrepo.Repo, error) {
	repo, err := s.archive.repository(r.tree, name)
	if err != nil || repo == nil {
		return nil, err
	}
	// Borrowed objects could be those of any repository of this machine.
	_, err = r.tree.Lstat(path.Join(name, "objects/info/alternates"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return repo, nil
	case err == nil:
		return nil, &providers.Error{Code: providers.CodeDenied, Message: schema.Printable(name) + " borrows objects from elsewhere; an archive holds everything itself",
			Hint: "run git repack -a -d in it, then remove its file objects/info/alternates"}
	}
	return nil, err
}

func (s *source) Inspect(ctx context.Context, lookups []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return answers(ctx, lookups, func(ctx context.Context, lookup providers.Lookup) providers.Inspection {
		facts, err := s.inspect(ctx, lookup.Repo)
		switch {
		case err != nil:
			return providers.Inspection{ID: lookup.ID, Problem: failure("inspect", subject(lookup.Repo), err)}
		case facts.ETag == lookup.ETag:
			return providers.Inspection{ID: lookup.ID, Unchanged: true}
		}
		return providers.Inspection{ID: lookup.ID, Facts: facts}
	})
}

// subject names a repository in errors.
func subject(repo providers.Repo) string {
	var settings struct {
		RepoPath string `json:"repo_path"`
	}
	if err := json.Unmarshal(repo.Settings, &settings); err != nil || settings.RepoPath == "" {
		return "repository"
	}
	return settings.RepoPath
}

func (s *source) inspect(ctx context.Context, asked providers.Repo) (*providers.Facts, error) {
	repo, err := s.find(asked)
	if err != nil {
		return nil, err
	}
	if err := repo.checkFinished(s); err != nil {
		return nil, err
	}
	facts := &providers.Facts{Identity: repo.identity(), FullName: repo.at.String(), Name: repo.at.name}
	code, err := repo.git(s, repo.at.git())
	if err != nil {
		return nil, err
	}
	if code != nil {
		refs, err := code.Refs(ctx)
		if err != nil {
			return nil, err
		}
		facts.Parts = append(facts.Parts, providers.PartCode)
		facts.Refs, facts.DefaultBranch, facts.ObjectFormat = refs.Names, refs.Head, refs.ObjectFormat
		if facts.GitBytes, err = code.Size(); err != nil {
			return nil, err
		}
	}
	wiki, err := repo.git(s, repo.at.wiki())
	if err != nil {
		return nil, err
	}
	wikiHead := ""
	if wiki != nil {
		refs, err := wiki.Refs(ctx)
		if err != nil {
			return nil, err
		}
		facts.Parts = append(facts.Parts, providers.PartWiki)
		facts.WikiRefs, wikiHead = refs.Names, refs.Head
	}
	files, err := repo.kindFiles(ctx, s)
	if err != nil {
		return nil, err
	}
	facts.Counts, facts.Streams = map[schema.Kind]int64{}, map[string]string{}
	for _, kind := range schema.Kinds() { // a kind without a file is an empty stream, and that is known too
		facts.Counts[kind], facts.Streams[kind.Plural()] = files[kind].Count, "sha256:"+files[kind].SHA256
	}
	if own := repo.settings(); own != nil {
		facts.Visibility = own.Visibility
	}
	facts.ETag = schema.Digest([]any{facts, wikiHead})
	return facts, nil
}

// kindFiles measures the records. The manifest is believed about a file that
// has the size it tells and is not newer than it; anything else was edited, and
// is read.
func (r *stored) kindFiles(ctx context.Context, s *source) (map[schema.Kind]kindFile, error) {
	files := map[schema.Kind]kindFile{}
	for _, kind := range schema.Kinds() {
		_, err := r.tree.Stat(r.at.kind(kind))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.manifest != nil {
			if same, err := r.records(s).unchanged(r.manifest, kind); err != nil {
				return nil, err
			} else if same {
				files[kind] = r.manifest.Kinds[kind]
				continue
			}
		}
		if files[kind], err = r.records(s).measure(ctx, kind); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// settings returns the repository's own record, or nil when there is none that
// can be read.
func (r *stored) settings() *schema.Repository {
	file, err := openRegular(r.tree, r.at.kind(schema.KindRepository))
	if err != nil {
		return nil
	}
	defer file.Close()
	line, err := newLineReader(file).next()
	if err != nil {
		return nil
	}
	record, err := decodeLine(line)
	if err != nil {
		return nil
	}
	var settings schema.Repository
	if json.Unmarshal(record.Body, &settings) != nil {
		return nil
	}
	return &settings
}

func (s *source) OpenBlob(_ context.Context, asked providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	file, err := s.openBlob(asked, blob)
	if err != nil {
		return nil, failure("open blob", subject(asked), err)
	}
	return file, nil
}

func (s *source) openBlob(asked providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	if !schema.IsSHA256(blob.ID) {
		return nil, providers.Errorf(providers.CodeInvalid, "the blob %q is not named by a SHA-256", schema.Printable(blob.ID))
	}
	repo, err := s.find(asked)
	if err != nil {
		return nil, err
	}
	file, err := openRegular(repo.tree, repo.at.blob(blob.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, providers.Errorf(providers.CodeNotFound, "the archive does not hold the content %s: %w", blob.ID, err)
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}
