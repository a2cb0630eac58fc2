package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// errCanceled is the cause of a resource's context that was cancelled by its
// address. When the whole run ends, the imports of forges go on.
var errCanceled = fmt.Errorf("cancelled by its address: %w", context.Canceled)

// The pauses between two questions to a forge: they grow while nothing happens.
const (
	firstPoll = time.Second
	lastPoll  = 30 * time.Second
)

// importByForge makes the target's forge import the resource and waits for it.
// An import that is under way is taken up: it is started once, whatever becomes
// of the processes that started it.
func (s *stage) importByForge(ctx context.Context) error {
	keep := context.WithoutCancel(ctx)
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	job, err := s.work.Store.Job(keep, s.Change.Address)
	if err != nil {
		return err
	}
	if job.ID == "" {
		if job, err = s.startImport(ctx, target, job); err != nil {
			return err
		}
	}
	status, err := s.awaitImport(ctx, target, job)
	if errors.Is(context.Cause(ctx), errCanceled) {
		return errors.Join(err, s.cancelImport(ctx, target, status.Job))
	}
	if err != nil {
		return err
	}
	return s.endImport(status)
}

// startImport starts the import, or finds the one that a run started which was
// cut off before it could say so.
func (s *stage) startImport(ctx context.Context, target providers.Target, job schema.Job) (schema.Job, error) {
	keep := context.WithoutCancel(ctx)
	request, err := s.importRequest(ctx)
	if err != nil {
		return job, err
	}
	started := job.StartedAt
	if !started.IsZero() {
		if job, err = target.FindImport(ctx, request); err != nil {
			return job, err
		}
	}
	if job.ID == "" {
		if started.IsZero() {
			started = s.work.Now().UTC()
		}
		if err := s.ledger.SaveJob(keep, schema.Job{StartedAt: started}); err != nil {
			return job, err
		}
		job, err = target.StartImport(ctx, request)
		if err == nil && job.ID == "" {
			err = providers.Errorf(providers.CodeInternal, "the provider started an import without an id")
		}
		if err != nil {
			return job, errors.Join(err, s.refused(keep, err))
		}
	}
	job.StartedAt = started
	return job, s.saveJob(keep, job)
}

// refused forgets an import that the forge refused to start. One of which it is
// not known is looked for next time.
func (s *stage) refused(keep context.Context, err error) error {
	switch providers.CodeOf(err) {
	case providers.CodeUnavailable, providers.CodeInternal:
		return nil
	}
	return s.ledger.SaveJob(keep, schema.Job{})
}

func (s *stage) importRequest(ctx context.Context) (providers.ImportRequest, error) {
	r := s.Change.Resource
	secrets, err := s.work.Ends.Secrets(ctx, r.Source)
	if err != nil {
		return providers.ImportRequest{}, err
	}
	source := s.changeset.Sources[r.Source]
	return providers.ImportRequest{
		Source: source.Provider, Settings: source.Settings, Secrets: secrets,
		Block: s.Change.Address.Kind(), Repo: s.repo(), FullName: s.Change.FullName, URL: s.Change.URL,
		Place: s.changeset.place(&s.Change, s.Change.Place, schema.Ref{}), Expected: s.progress.Facts.Counts, Largest: s.progress.Facts.Largest,
	}, nil
}

// awaitImport asks how far the import is until it has ended.
func (s *stage) awaitImport(ctx context.Context, target providers.Target, job schema.Job) (providers.ImportStatus, error) {
	status := providers.ImportStatus{Job: job}
	pause, recorded := firstPoll, map[schema.Key]bool{}
	for {
		now, err := target.PollImport(ctx, job)
		if err != nil {
			return status, err
		}
		if now.Job.ID == "" {
			return status, providers.Errorf(providers.CodeInternal, "the provider told nothing about the import %s", schema.Printable(job.ID))
		}
		moved := now.Job.Status != status.Job.Status || !maps.Equal(now.Job.Counts, status.Job.Counts)
		now.Job.StartedAt = job.StartedAt
		now.Job.URL = cmp.Or(now.Job.URL, job.URL)
		status, job = now, now.Job
		if err := s.keepStatus(context.WithoutCancel(ctx), status, recorded); err != nil {
			return status, err
		}
		if job.State.Ended() {
			return status, nil
		}
		if pause = min(2*pause, lastPoll); moved {
			pause = firstPoll
		}
		if err := s.work.Wait(ctx, s.work.Now().Add(pause)); err != nil {
			return status, err
		}
	}
}

// keepStatus records how the import stands and what failed in it.
func (s *stage) keepStatus(keep context.Context, status providers.ImportStatus, recorded map[schema.Key]bool) error {
	if err := s.saveJob(keep, status.Job); err != nil {
		return err
	}
	var fresh []schema.Failure
	for _, f := range s.importFailures(status) {
		if !recorded[f.Key] {
			recorded[f.Key] = true
			fresh = append(fresh, f)
		}
	}
	if len(fresh) > 0 {
		if err := s.ledger.Fail(keep, fresh); err != nil {
			return err
		}
	}
	for _, f := range fresh {
		s.observe(ItemFailed{Failure: f})
	}
	s.observe(RemoteStatus{Address: s.Change.Address, Connection: s.Change.Resource.Target, Job: status.Job})
	return nil
}

// saveJob records how the import stands, and where what it brings is.
func (s *stage) saveJob(keep context.Context, job schema.Job) error {
	if err := s.ledger.SaveJob(keep, job); err != nil {
		return err
	}
	e, err := s.entry(keep)
	if err != nil {
		return err
	}
	s.progress.Target = job.Target
	if job.Target.ID == "" || e.TargetRef == job.Target {
		return nil
	}
	e.TargetRef, e.Namespace, e.Name = job.Target, s.Change.Place.Namespace, s.Change.Place.Name
	return s.ledger.Save(keep, e)
}

// cancelImport cancels the import at the forge. An import that had ended before
// is left as it is. How it stands then, with all that is in it, only a question
// tells.
func (s *stage) cancelImport(ctx context.Context, target providers.Target, job schema.Job) error {
	ctx, done := s.graceful(ctx)
	defer done()
	_, err := target.CancelImport(ctx, job)
	var status providers.ImportStatus
	if err == nil || providers.CodeOf(err) == providers.CodeConflict {
		status, err = target.PollImport(ctx, job)
	}
	if err != nil {
		s.observe(RemoteStatus{Address: s.Change.Address, Connection: s.Change.Resource.Target, Job: job, Problem: providers.AsError(err)})
		return err
	}
	ended := status.Job
	ended.StartedAt = job.StartedAt
	s.progress.Canceled = ended.State == schema.JobCanceled
	if err := s.saveJob(context.WithoutCancel(ctx), ended); err != nil {
		return err
	}
	s.observe(RemoteStatus{Address: s.Change.Address, Connection: s.Change.Resource.Target, Job: ended})
	return context.Cause(ctx)
}

// endImport takes over what an import that has ended came to. Whether it went
// well is told by what failed, not by its state: GitLab calls an import finished
// in which single objects, or whole projects of a group, failed.
func (s *stage) endImport(status providers.ImportStatus) error {
	job := status.Job
	switch job.State {
	case schema.JobCanceled:
		s.progress.Canceled = true
		return canceledAtTarget()
	case schema.JobFailed, schema.JobTimeout:
		text := cmp.Or(job.Text, "the target gives no reason")
		return &providers.Error{Code: providers.CodeInvalid, Op: "import", Message: fmt.Sprintf("it ended as %s at the target: %s", cmp.Or(job.Status, string(job.State)), text),
			Hint: "drover failures lists what failed; what the import brought stays at the target"}
	}
	s.progress.Counts = maps.Clone(job.Counts)
	var counted int64
	for _, c := range job.Counts {
		counted += c.Failed
	}
	failed := int64(len(s.importFailures(status)))
	if failed == 0 && counted == 0 && job.HasFailures {
		failed = 1 // which ones the forge does not say
	}
	s.failures = max(0, failed-counted)
	return nil
}

// canceledAtTarget says why nothing more comes of an import.
func canceledAtTarget() *providers.Error {
	return &providers.Error{Code: providers.CodeConflict, Op: "import", Message: "it was cancelled at the target", Hint: "what it brought stays there"}
}

// importFailures are the failures of a job and of its entities, each under a key
// of its own.
func (s *stage) importFailures(status providers.ImportStatus) []schema.Failure {
	var list []schema.Failure
	times := map[schema.Key]int{}
	add := func(entity string, f schema.JobFailure) {
		what := cmp.Or(f.SourceURL, f.SourceTitle, f.CorrelationID, f.Class)
		if entity != "" {
			what = entity + " " + what
		}
		key := schema.Key{Kind: schema.Kind(cmp.Or(f.Relation, "import")), ID: strings.ToValidUTF8(what[:min(len(what), schema.MaxID-8)], "")}
		if times[key]++; times[key] > 1 {
			key.ID += fmt.Sprintf(" (%d)", times[key])
		}
		list = append(list, schema.Failure{
			Address: s.Change.Address, Key: key, Title: f.SourceTitle, URL: f.SourceURL, Stage: s.Step.name(),
			Step: cmp.Or(f.Step, stepWorker), Code: string(providers.CodeInvalid), Class: f.Class,
			Message: cmp.Or(f.Message, "the target gives no reason"), ID: f.CorrelationID, Run: s.Run, At: s.work.Now(),
		})
	}
	for _, f := range status.Failures {
		add("", f)
	}
	for _, e := range status.Job.Entities {
		for _, f := range e.Failures {
			add(e.SourceFullPath, f)
		}
		if len(e.Failures) == 0 && slices.Contains([]string{"failed", "timeout"}, e.Status) {
			add(e.SourceFullPath, schema.JobFailure{Relation: e.EntityType, SourceTitle: e.SourceFullPath, Message: "ended as " + e.Status + " at the target"})
		}
	}
	return list
}

// verifyImport compares what a forge imported with what the source holds: every
// branch and tag, and the number of objects of each kind that the forge's own
// account does not tell.
func (s *stage) verifyImport(ctx context.Context) error {
	keep := context.WithoutCancel(ctx)
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	if err := s.knowTarget(ctx); err != nil {
		return err
	}
	place := s.changeset.place(&s.Change, s.Change.Place, s.progress.Target)
	place.Counts = true
	standing, err := inspectPlace(ctx, target, place)
	if err != nil {
		return err
	}
	if !standing.Exists {
		return &providers.Error{Code: providers.CodeNotFound, Op: "verify", Subject: place.Path(), Message: "the import is finished, and there is nothing", Hint: "look at the import at the target"}
	}
	offered, err := s.work.Store.Refs(keep, s.Change.Address, sideSource)
	if err != nil {
		return err
	}
	differences := s.compareImported(standing, offered)
	if err := s.ledger.SaveRefs(keep, sideTarget, standing.Refs); err != nil {
		return err
	}
	e, err := s.entry(keep)
	if err != nil {
		return err
	}
	e.TargetRef, e.RefsHash, e.SourceRefs = standing.Ref, schema.DigestRefs(standing.Refs), s.progress.Facts.RefsHash
	if err := s.ledger.Save(keep, e); err != nil {
		return err
	}
	if err := s.fail(ctx, stepLoader, differences); err != nil {
		return err
	}
	s.failures = 0 // the account has them
	return nil
}

// compareImported completes the account, and lists what is missing.
func (s *stage) compareImported(standing providers.Standing, offered map[string]string) []providers.ItemFailed {
	wanted := maps.Clone(offered)
	maps.DeleteFunc(wanted, func(name, _ string) bool {
		return !strings.HasPrefix(name, "refs/heads/") && !strings.HasPrefix(name, "refs/tags/")
	})
	missing := compareRefs(wanted, standing.Refs)
	if len(offered) > 0 {
		all, failed := int64(len(offered)), int64(len(missing))
		s.progress.Refs = &schema.Count{
			Source: all, Fetched: int64(len(wanted)), Imported: int64(len(wanted)) - failed, Skipped: all - int64(len(wanted)), Failed: failed,
		}
	}
	carries := map[schema.Kind]bool{}
	if importing := s.importing(); importing != nil {
		for _, support := range importing.Kinds {
			carries[support.Kind] = true
		}
	}
	if s.progress.Counts == nil {
		s.progress.Counts = schema.Counts{}
	}
	for _, k := range slices.Sorted(maps.Keys(s.progress.Offered)) {
		n := s.progress.Offered[k]
		if _, counted := s.progress.Counts[k]; counted || !carries[k] || n == 0 {
			continue // what the importer does not carry counts as left out
		}
		held, told := standing.Counts[k]
		if !told {
			delete(s.progress.Offered, k) // nobody counted what arrived
			continue
		}
		c := schema.Count{Source: n, Fetched: min(n, held), Imported: min(n, held), Failed: n - min(n, held)}
		s.progress.Counts[k] = c
		if c.Failed > 0 {
			missing = append(missing, providers.ItemFailed{
				Key:     schema.Key{Kind: k, ID: "*"},
				Problem: providers.Errorf(providers.CodeInternal, "%s: %d at the source, %d at the target", k.Plural(), n, held),
			})
		}
	}
	return missing
}

// importing is what the target's forge imports of the resource, or nil.
func (s *stage) importing() *providers.Importing {
	ref := s.targetRef()
	return ref.importing(s.changeset.Sources[s.Change.Resource.Source].Provider, s.Change.Address.Kind())
}

// inspectPlace asks a target about one place.
func inspectPlace(ctx context.Context, target providers.Target, place providers.Place) (providers.Standing, error) {
	for standing, err := range target.Inspect(ctx, []providers.Place{place}) {
		if err == nil && standing.Problem != nil {
			err = standing.Problem
		}
		return standing, err
	}
	return providers.Standing{}, providers.Errorf(providers.CodeInternal, "the provider told nothing about the target")
}
