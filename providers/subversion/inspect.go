package subversion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many repositories are looked at at a time.
const inspections = 8

// Inspect asks each repository for its youngest revision and yields the answers
// as they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return providers.InspectEach(ctx, queries, inspections, s.inspect)
}

func (s *source) inspect(ctx context.Context, query providers.Lookup) providers.Inspection {
	const op = "inspect"
	answer := providers.Inspection{ID: query.ID}
	settings, err := readSettings(query.Repo.Settings)
	if err != nil {
		answer.Problem = providers.AsError(err)
		return answer
	}
	facts, unchanged, err := s.facts(ctx, settings, query.ETag)
	switch {
	case err != nil:
		answer.Problem = failure(op, settings, err)
	case unchanged:
		answer.Unchanged = true
	default:
		answer.Facts = facts
	}
	return answer
}

// facts tells of the repository. There are no refs among them: what they will be
// is known when the history is converted.
func (s *source) facts(ctx context.Context, settings *settings, etag string) (_ *providers.Facts, unchanged bool, err error) {
	repo, err := s.open(ctx, settings.URL, nil)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	latest, err := repo.Latest(ctx)
	if err != nil {
		return nil, false, err
	}
	folder := settings.folder(repo)
	now := validator{repo.identity(folder), latest}
	if now.String() == etag {
		return nil, true, nil
	}
	if was, ok := parseValidator(etag); ok && was.identity == now.identity && was.revision < latest && folder != "" {
		touched, err := touches(ctx, repo, folder, was.revision+1, latest)
		if err != nil || !touched {
			return nil, !touched, err
		}
	}
	at, err := parseAddress(settings.URL)
	if err != nil {
		return nil, false, err
	}
	facts := &providers.Facts{
		Identity:      now.identity,
		FullName:      join(at.fullName(), settings.Project),
		Name:          at.name(settings.Project),
		URL:           at.shown(),
		Parts:         []providers.Part{providers.PartCode},
		DefaultBranch: conversion.RefName(heads, settings.DefaultBranch),
		ObjectFormat:  "sha1",
		ETag:          now.String(),
	}
	return facts, false, nil
}

// validator tells whether a folder changed: its identity, and the youngest
// revision of the repository when it was looked at.
type validator struct {
	identity string
	revision int64
}

func (v validator) String() string { return fmt.Sprintf("%s@%d", v.identity, v.revision) }

func parseValidator(etag string) (validator, bool) {
	i := strings.LastIndexByte(etag, '@')
	if i < 0 {
		return validator{}, false
	}
	rev, err := strconv.ParseInt(etag[i+1:], 10, 64)
	return validator{etag[:i], rev}, err == nil
}

// touches reports whether one of the revisions from..to concerns a folder.
func touches(ctx context.Context, repo svn.Repository, folder string, from, to int64) (bool, error) {
	for e, err := range repo.Log(ctx, from, to) {
		if err != nil {
			return false, err
		}
		if concerns(e, folder) {
			return true, nil
		}
	}
	return false, nil
}

func concerns(e svn.LogEntry, folder string) bool {
	return slices.ContainsFunc(e.Changes, func(c svn.Change) bool { return within(c.Path, folder) || within(folder, c.Path) })
}

func (s *source) authors(ctx context.Context, settings *settings) (_ []schema.Author, err error) {
	repo, err := s.open(ctx, settings.URL, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	latest, err := repo.Latest(ctx)
	if err != nil {
		return nil, err
	}
	folder := settings.folder(repo)
	found := map[string]*schema.Author{}
	for e, err := range repo.Log(ctx, settings.StartRevision, latest) {
		if err != nil {
			return nil, err
		}
		if len(e.Changes) == 0 || !concerns(e, folder) {
			continue // no commit comes of it
		}
		p := loginAt(string(e.Props[svn.PropAuthor]), repo.uuid())
		a := found[p.Email]
		if a == nil {
			a = &schema.Author{RemoteID: p.Email, RemoteName: p.Name, Name: p.Name, Email: p.Email}
			found[p.Email] = a
		}
		a.Commits++
	}
	var list []schema.Author
	for _, id := range slices.Sorted(maps.Keys(found)) {
		list = append(list, *found[id])
	}
	return list, nil
}

// failure is what went wrong while op was done to a repository.
func failure(op string, settings *settings, err error) *providers.Error {
	e := *classify(err)
	if e.Op == "" {
		e.Op = op
		if at, err := parseAddress(settings.URL); err == nil {
			e.Subject = at.shown()
		}
	}
	return &e
}

// classify gives an error its code. Errors that have one keep it.
func classify(err error) *providers.Error {
	var known *providers.Error
	var fault *svn.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return providers.AsError(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &providers.Error{Code: providers.CodeUnavailable, Message: "stopped before it was finished", Err: err}
	case errors.Is(err, conversion.ErrBusy):
		return &providers.Error{Code: providers.CodeConflict, Message: err.Error(), Err: err}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &providers.Error{Code: providers.CodeUnavailable, Message: schema.Printable(err.Error()), Err: err,
			Hint: "free space where drover keeps its working copies and apply again; what is there is kept"}
	case errors.As(err, &fault):
		return &providers.Error{Code: providers.CodeInvalid, Message: schema.Printable(err.Error()), Err: err,
			Hint: "the history is damaged there, or was cut out of a larger one; check it with svnadmin verify, or dump it again"}
	case errors.Is(err, fs.ErrNotExist):
		return &providers.Error{Code: providers.CodeNotFound, Message: schema.Printable(err.Error()), Err: err, Attribute: "vcs_url",
			Hint: "correct vcs_url; a relative path starts at the folder of the plan"}
	case errors.Is(err, fs.ErrPermission):
		return &providers.Error{Code: providers.CodeDenied, Message: schema.Printable(err.Error()), Err: err,
			Hint: "give the user that runs drover permission to read it"}
	}
	return &providers.Error{Code: providers.CodeInternal, Message: schema.Printable(err.Error()), Err: err}
}
