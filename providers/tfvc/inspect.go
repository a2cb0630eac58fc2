package tfvc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// inspections is how many projects are looked at at a time.
const inspections = 8

// Inspect asks for the youngest changeset of each project and yields the answers
// as they come.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return providers.InspectEach(ctx, queries, inspections, s.inspect)
}

func (s *source) inspect(ctx context.Context, query providers.Lookup) providers.Inspection {
	answer := providers.Inspection{ID: query.ID}
	settings, err := readSettings(query.Repo.Settings)
	if err != nil {
		answer.Problem = providers.AsError(err)
		return answer
	}
	facts, err := s.facts(ctx, settings, query.Repo.Identity)
	switch {
	case err != nil:
		answer.Problem = failure("inspect", settings, err)
	case facts.ETag == query.ETag:
		answer.Unchanged = true
	default:
		answer.Facts = facts
	}
	return answer
}

// facts tells of the project. There are no refs among them: what they will be is
// known when the history is converted.
func (s *source) facts(ctx context.Context, settings *settings, id string) (*providers.Facts, error) {
	client, err := s.client(settings.address, nil)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	project, err := resolve(ctx, client, settings, id)
	if err != nil {
		return nil, err
	}
	path := serverRoot + project.Name
	latest, err := client.Latest(ctx, path)
	if err != nil {
		return nil, err
	}
	if latest == 0 {
		return nil, noContent(project.Name)
	}
	etag := fmt.Sprintf("%s@%d", identity(project), latest)
	if settings.Labels == tagsWord {
		labels, err := labelsDigest(ctx, client, path)
		if err != nil {
			return nil, err
		}
		etag += "+" + labels
	}
	return &providers.Facts{
		Identity:      identity(project),
		FullName:      settings.address.Name() + "/" + project.Name,
		Name:          project.Name,
		URL:           settings.address.String(),
		Parts:         []providers.Part{providers.PartCode},
		DefaultBranch: conversion.RefName(heads, settings.DefaultBranch),
		ObjectFormat:  "sha1",
		ETag:          etag,
	}, nil
}

// labelsDigest stands for the labels as they are. They change without a
// changeset.
func labelsDigest(ctx context.Context, client *azure.Client, path string) (string, error) {
	sum := sha256.New()
	for l, err := range client.Labels(ctx, path) {
		if err != nil {
			return "", fmt.Errorf("list labels: %w", err)
		}
		fmt.Fprintf(sum, "%d %d %q\n", l.ID, l.Modified.UnixNano(), l.Name)
	}
	const length = 8
	return fmt.Sprintf("%x", sum.Sum(nil)[:length]), nil
}

// failure is what went wrong while op was done to a project.
func failure(op string, settings *settings, err error) *providers.Error {
	e := *classify(err)
	if e.Op == "" {
		e.Op, e.Subject = op, settings.address.String()
		if settings.Project != "" {
			e.Subject += " " + schema.Printable(serverRoot+settings.Project)
		}
	}
	return &e
}

// classify gives an error its code. Errors that have one keep it.
func classify(err error) *providers.Error {
	var known *providers.Error
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
	}
	return &providers.Error{Code: providers.CodeInternal, Message: schema.Printable(err.Error()), Err: err}
}
