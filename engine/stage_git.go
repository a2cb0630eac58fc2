package engine

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// detect asks the source once more what it holds, right before it is read, and
// makes sure that it is still the repository that was planned.
func (s *stage) detect(ctx context.Context) error {
	source, err := s.source(ctx)
	if err != nil {
		return err
	}
	var facts *providers.Facts
	for in, err := range source.Inspect(ctx, []providers.Lookup{{Repo: s.repo()}}) {
		switch {
		case err != nil:
			return err
		case in.Problem != nil:
			return in.Problem
		case in.Facts != nil:
			facts = in.Facts
		}
	}
	if facts == nil {
		return providers.Errorf(providers.CodeInternal, "the provider told nothing about the repository")
	}
	if problem := s.Change.staleSource(facts); problem != nil {
		return problem
	}
	s.progress.Facts = sourceFacts(facts).carrying(s.carried())
	if s.pinned() && s.progress.Facts.RefsHash != s.Change.Source.RefsHash {
		// What is not carried over now must be found by the next plan.
		s.progress.Facts.RefsHash, s.progress.Facts.ETag = s.Change.Source.RefsHash, ""
	}
	s.progress.ObjectFormat = facts.ObjectFormat
	s.progress.Offered = facts.Counts
	e, err := s.entry(ctx)
	if err != nil {
		return err
	}
	e.Identity, e.FullName, e.SourceURL, e.SourceName = facts.Identity, facts.FullName, facts.URL, facts.Name
	if s.Change.runs(StageImport) {
		if err := s.ledger.SaveRefs(context.WithoutCancel(ctx), sideSource, facts.Refs); err != nil {
			return err
		}
	}
	return s.ledger.Save(context.WithoutCancel(ctx), e)
}

// carried are the kinds of each of the source's streams that are carried over.
func (s *stage) carried() map[string][]schema.Kind {
	var streams []providers.Stream
	if p := s.changeset.Provider(s.changeset.Sources[s.Change.Resource.Source].Provider); p != nil {
		streams = p.Streams
	}
	kinds := s.targetRef().Kinds
	if importing := s.importing(); imported(s.Change.Resource) && importing != nil {
		kinds = importing.Kinds
	}
	return carried(streams, s.Change.Resource.Items, kinds)
}

// fetch brings the source's git data, as it is, into the workspace.
func (s *stage) fetch(ctx context.Context) error {
	source, err := s.source(ctx)
	if err != nil {
		return err
	}
	dir, err := s.workspace()
	if err != nil {
		return err
	}
	s.progress.Heads, s.progress.LFS = map[string]string{}, &schema.Count{}
	s.progress.Commits = 0
	var losses []schema.Loss
	for _, part := range s.parts() {
		raw := filepath.Join(dir, rawName(part))
		request := providers.ExportRequest{Repo: s.repo(), Part: part, Dir: raw}
		export, err := source.ExportGit(ctx, request, s.report(s.Change.Resource.Source))
		if err != nil {
			return err
		}
		repo, err := gitrepo.Open(raw)
		if err != nil {
			return fmt.Errorf("open what the source exported: %w", err)
		}
		commits, err := repo.CountCommits(ctx)
		if err != nil {
			return err
		}
		s.progress.Commits += commits
		s.progress.Heads[string(part)] = export.DefaultBranch
		s.progress.LFS.Source += export.LFS.Source
		s.progress.LFS.Fetched += export.LFS.Fetched
		s.progress.LFS.Failed += int64(len(export.Failed))
		if export.ObjectFormat != "" {
			s.progress.ObjectFormat = export.ObjectFormat
		}
		if err := s.fail(ctx, stepExtractor, export.Failed); err != nil {
			return err
		}
		losses = append(losses, export.Losses...)
	}
	if err := s.ledger.SaveLosses(context.WithoutCancel(ctx), string(StageFetch), losses); err != nil {
		return err
	}
	e, err := s.entry(ctx)
	if err != nil {
		return err
	}
	e.CommitCount = s.progress.Commits
	return s.ledger.Save(context.WithoutCancel(ctx), e)
}

// parts are the git repositories that the source says there are.
func (s *stage) parts() []providers.Part {
	if len(s.progress.Facts.Parts) == 0 {
		return []providers.Part{providers.PartCode}
	}
	return s.progress.Facts.Parts
}

// push makes the target repository what it should be: created, moved, its refs
// and large objects in place.
func (s *stage) push(ctx context.Context) error {
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	if err := s.settlePlace(ctx, target); err != nil {
		return err
	}
	dir, err := s.workspace()
	if err != nil {
		return err
	}
	for _, part := range s.parts() {
		name, ok := s.progress.Repos[string(part)]
		if !ok {
			continue // only records or the place changed
		}
		if s.progress.Refs == nil {
			s.progress.Refs = &schema.Count{}
		}
		if err := s.pushPart(ctx, target, part, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// place is how the target is told where a repository stands or is to stand.
func (c *Changeset) place(ch *Change, at Place, ref schema.Ref) providers.Place {
	return providers.Place{
		Namespace: at.Namespace, Name: at.Name, Placement: ch.Resource.Placement, Ref: ref,
		CreateNamespace: createsNamespace(c.Targets[ch.Resource.Target]),
		Block:           ch.Address.Kind(), Visibility: ch.Source.Visibility,
	}
}

// settlePlace creates the target repository or moves it to its place. Both may
// be repeated: a repository with our marker is found again, not made twice.
func (s *stage) settlePlace(ctx context.Context, target providers.Target) error {
	e, err := s.entry(ctx)
	if err != nil {
		return err
	}
	ch := &s.Change
	place := s.changeset.place(ch, ch.Place, e.TargetRef)
	ref := e.TargetRef
	switch {
	case ref.ID == "" || ch.Adopt != nil && e.RefsHash == "":
		at := place
		if ch.Adopt != nil {
			at.Namespace, at.Name = ch.Adopt.Place.Namespace, ch.Adopt.Place.Name
		}
		ref, err = target.Create(ctx, providers.CreateRequest{
			Place: at, Marker: ch.Identity, ObjectFormat: s.progress.ObjectFormat,
			DefaultBranch: s.progress.Facts.DefaultBranch, Adopt: ch.Adopt != nil,
		})
		if err == nil && ch.Adopt != nil && ch.Adopt.Place != ch.Place {
			ref, err = target.Move(ctx, ref, place)
		}
	case e.Namespace != ch.Place.Namespace || e.Name != ch.Place.Name:
		ref, err = target.Move(ctx, ref, place)
	}
	if err != nil {
		return err
	}
	s.progress.Target = ref
	e.TargetRef, e.Namespace, e.Name = ref, ch.Place.Namespace, ch.Place.Name
	return s.ledger.Save(context.WithoutCancel(ctx), e)
}

// pushPart pushes one git repository and records what the target then holds.
func (s *stage) pushPart(ctx context.Context, target providers.Target, part providers.Part, dir string) error {
	wanted, err := s.wantedRefs(ctx, part, dir)
	if err != nil {
		return err
	}
	source, err := s.sourceRefs(ctx, part, dir, wanted)
	if err != nil {
		return err
	}
	standing, err := s.standing(ctx, target)
	if err != nil {
		return err
	}
	now := standing.Refs
	if part == providers.PartWiki {
		now = standing.WikiRefs
	}
	left, err := s.work.Store.Refs(ctx, s.Change.Address, side(string(part), sideTarget))
	if err != nil {
		return err
	}
	intent, err := s.work.Store.Refs(ctx, s.Change.Address, side(string(part), sideIntent))
	if err != nil {
		return err
	}
	request := providers.PushRequest{
		Repo: s.progress.Target, Part: part, Dir: dir, DefaultBranch: s.progress.Heads[string(part)],
		Overwrite: s.Change.Resource.Lifecycle.OnTargetDrift == "overwrite", Placement: s.Change.Resource.Placement,
	}
	request.Updates = s.updates(wanted, now, left, intent)
	if err := s.checkAdopted(ctx, dir, request.Updates); err != nil {
		return err
	}
	keep := context.WithoutCancel(ctx)
	if err := s.ledger.SaveRefs(keep, side(string(part), sideIntent), wanted); err != nil {
		return err
	}
	pushed, err := target.Push(ctx, request, s.report(s.Change.Resource.Target))
	if err != nil {
		return err
	}
	if err := s.fail(keep, stepLoader, pushed.Failed); err != nil {
		return err
	}
	return s.recordPush(keep, part, source, wanted, left, pushed)
}

// wantedRefs are the refs that the target is to have: those of the repository
// that is pushed or, with on_source_drift = "pin", those that were planned.
func (s *stage) wantedRefs(ctx context.Context, part providers.Part, dir string) (map[string]string, error) {
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return nil, err
	}
	pinned := s.Change.Source.Refs
	if part != providers.PartCode || !s.pinned() {
		refs, err := repo.Refs(ctx)
		return refs.Names, err
	}
	if filepath.Base(dir) != rawName(part) {
		return nil, &providers.Error{Code: providers.CodeUnsupported, Op: "push", Attribute: "lifecycle.on_source_drift",
			Message: "refs that are pinned as they are at the source cannot be those of a history that is rewritten", Hint: "use on_source_drift = \"stop\" or \"follow\""}
	}
	oids := make([]string, 0, len(pinned))
	for _, oid := range pinned {
		oids = append(oids, oid)
	}
	missing, err := repo.HasObjects(ctx, oids)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("%s of the plan is no longer at the source, and on_source_drift says pin", short(missing[0])), Hint: "plan again"}
	}
	return pinned, nil
}

// sourceRefs are the refs at the source behind those that are pushed.
func (s *stage) sourceRefs(ctx context.Context, part providers.Part, dir string, wanted map[string]string) (map[string]string, error) {
	raw := filepath.Join(filepath.Dir(dir), rawName(part))
	if raw == dir {
		return wanted, nil
	}
	repo, err := gitrepo.Open(raw)
	if err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx)
	return refs.Names, err
}

// pinned reports whether the plan asks for the refs that it saw, whatever the
// source has now.
func (s *stage) pinned() bool {
	return s.Change.Source.Refs != nil && s.Change.Resource.Lifecycle.OnSourceDrift == "pin"
}

func (s *stage) standing(ctx context.Context, target providers.Target) (providers.Standing, error) {
	return inspectPlace(ctx, target, s.changeset.place(&s.Change, s.Change.Place, s.progress.Target))
}

// updates are the moves from what the target has to what it should have, each
// with the value that we expect there: what the last push left or, when a push
// was cut off, what it was about to leave. Refs that left the source stay
// unless the plan deletes them.
func (s *stage) updates(wanted, now, left, intent map[string]string) (list []providers.RefUpdate) {
	expected := func(name string) string {
		switch is := now[name]; {
		case s.Change.Adopt != nil && len(left) == 0:
			return is
		case is != "" && is == intent[name]:
			return is
		}
		return left[name]
	}
	for _, name := range sortedNames(wanted, nil) {
		if now[name] != wanted[name] {
			list = append(list, providers.RefUpdate{Name: name, Old: expected(name), New: wanted[name]})
		}
	}
	if s.Change.Resource.Lifecycle.OnRefGone != "delete" {
		return list
	}
	for _, name := range sortedNames(left, nil) {
		if _, still := wanted[name]; !still && now[name] != "" {
			list = append(list, providers.RefUpdate{Name: name, Old: expected(name)})
		}
	}
	return list
}

// checkAdopted refuses to move the refs of an adopted repository when that
// would drop commits that the source does not have.
func (s *stage) checkAdopted(ctx context.Context, dir string, updates []providers.RefUpdate) error {
	if s.Change.Adopt == nil || s.Change.Resource.Lifecycle.OnTargetDrift == "overwrite" {
		return nil
	}
	var oids []string
	for _, u := range updates {
		if u.Old != "" {
			oids = append(oids, u.Old)
		}
	}
	if len(oids) == 0 {
		return nil
	}
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return err
	}
	missing, err := repo.HasObjects(ctx, oids)
	if err != nil || len(missing) == 0 {
		return err
	}
	return &providers.Error{
		Code: providers.CodeConflict, Message: fmt.Sprintf("the adopted repository has commits that the source does not have, such as %s", short(missing[0])),
		Hint: "push them to the source first, or give them up with lifecycle { on_target_drift = \"overwrite\" }",
	}
}

// recordPush accounts for the refs and remembers what we left at the target.
func (s *stage) recordPush(ctx context.Context, part providers.Part, source, wanted, left map[string]string, pushed providers.Pushed) error {
	ours := make(map[string]string, len(wanted))
	for name, oid := range left {
		if pushed.Refs[name] == oid {
			ours[name] = oid
		}
	}
	count := s.progress.Refs
	count.Source += int64(len(wanted))
	count.Fetched += int64(len(wanted))
	for name, oid := range wanted {
		if pushed.Refs[name] == oid {
			ours[name] = oid
			count.Imported++
		} else {
			count.Failed++
		}
	}
	if lfs := s.progress.LFS; lfs != nil {
		lfs.Imported += pushed.LFS.Imported
		lfs.Failed = lfs.Source - lfs.Imported
	}
	if err := s.ledger.SaveRefs(ctx, side(string(part), sideSource), source); err != nil {
		return err
	}
	if err := s.ledger.SaveRefs(ctx, side(string(part), sideTarget), ours); err != nil {
		return err
	}
	if part != providers.PartCode {
		return nil
	}
	e, err := s.entry(ctx)
	if err != nil {
		return err
	}
	e.RefsHash = schema.DigestRefs(pushed.Refs)
	if s.Change.runs(StageFetch) {
		e.SourceRefs = s.progress.Facts.RefsHash
	}
	return s.ledger.Save(ctx, e)
}
