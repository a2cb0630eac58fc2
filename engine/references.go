package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/engine/rewrite"
	"github.com/drover-migrate/drover/schema"
)

// places tells where things stand at both ends of one resource.
type places struct {
	own                    string // full name of its repository at the source
	sourceBase, targetBase string // what comes before the paths of repositories in addresses; "" when it cannot be told
	homes                  homes  // of the source
	target                 schema.Ref
	source, shows          schema.Pages    // of the source and of the target
	oneSequence            bool            // #12 may be an issue or a change at the source
	siblings               map[string]bool // repositories of the same source that are migrated too, in lower case
}

func (s *stage) places(ctx context.Context) (places, error) {
	siblings, err := s.names.of(ctx, s.changeset.Sources[s.Change.Resource.Source].Fingerprint())
	if err != nil {
		return places{}, err
	}
	source := s.changeset.Provider(s.changeset.Sources[s.Change.Resource.Source].Provider)
	p := places{
		own: s.Change.FullName, siblings: siblings, target: s.progress.Target,
		targetBase: baseOf(s.progress.Target.URL, s.Change.Place.Path()), shows: s.targetRef().TargetPages,
	}
	if source != nil {
		p.source, p.oneSequence = source.SourcePages, source.OneSequence
	}
	p.homes = homesOf(p.source)
	p.sourceBase = p.homes.base(s.Change.URL, s.Change.FullName)
	return p, nil
}

// baseOf is what of an address comes before a path at its end.
func baseOf(address, path string) string {
	address = strings.TrimSuffix(address, "/")
	if n := len(address) - len(path); path != "" && n > 0 && strings.EqualFold(address[n:], path) {
		return address[:n]
	}
	return ""
}

// aim is what a reference may mean: names to look up, the likeliest first, or a
// page of a repository.
type aim struct {
	names      []schema.Reference
	file       schema.Reference // of the text's own repository, at an address where another repository could be
	repository string           // "" for the text's own
	ours       bool             // it is one of the source
	page       shown
	paged      bool
	commit     schema.Reference
}

// aim finds out what a reference may mean.
func (p places) aim(r rewrite.Reference) aim {
	switch r.Kind {
	case rewrite.Issue, rewrite.Change:
		repository, ours := p.repository(r.Repository)
		if !ours {
			return aim{}
		}
		a := aim{repository: repository, ours: true}
		a.names = p.numbered(repository, fmt.Sprint(r.Number), r.Kind == rewrite.Change)
		return a
	case rewrite.Commit:
		repository, ours := p.repository(r.Repository)
		if !ours {
			return aim{}
		}
		a := aim{repository: repository, ours: true, commit: schema.Reference{Repository: repository, Name: r.Name}}
		if repository != "" {
			a.page, a.paged = shown{page: schema.PageCommit, parts: map[string]string{"commit": r.Name}}, true
		}
		return a
	case rewrite.URL:
		return p.aimURL(r.URL)
	case rewrite.Path: // of a file, which some forges write without their host
		return aim{names: []schema.Reference{{Name: r.URL}}}
	}
	return aim{}
}

// numbered are the names that a number may be: of a change, or of an issue or
// discussion. Where they share a sequence it is whichever has it.
func (p places) numbered(repository, number string, change bool) []schema.Reference {
	names := []schema.Reference{{Repository: repository, Name: "#" + number}, {Repository: repository, Name: "!" + number}}
	switch {
	case p.oneSequence:
		return names
	case change:
		return names[1:]
	}
	return names[:1]
}

// repository is how references name a repository, and whether it can be one of
// the source. One that the plan does not know yet may be migrated later.
func (p places) repository(fullName string) (string, bool) {
	if fullName == "" || strings.EqualFold(fullName, p.own) {
		return "", true
	}
	return strings.ToLower(fullName), strings.Contains(fullName, "/")
}

// cutRepository cuts a path below the source into the full name of a repository
// and the rest. Where the source has groups in groups, only the names that are
// known tell where a name ends; otherwise it is as deep as that of the text's
// own. A source that has templates for it goes by them.
func (p places) cutRepository(path string) (repository, rest string, ok bool) {
	if len(p.homes) > 0 {
		name, rest, ok := p.homes.cut(path)
		if !ok {
			return "", "", false
		}
		repository, ok = p.repository(name)
		return repository, rest, ok
	}
	segments := strings.Split(path, "/")
	depth := strings.Count(p.own, "/") + 1
	for n := len(segments); n > 0; n-- {
		name, _ := cutRest(strings.Join(segments[:n], "/"))
		bare := strings.TrimSuffix(name, ".git")
		known := strings.EqualFold(bare, p.own) || p.siblings[strings.ToLower(bare)]
		if known || n == depth {
			repository, ok = p.repository(bare)
			return repository, path[len(name):], ok && segments[n-1] != ""
		}
	}
	return "", "", false
}

func (p places) aimURL(address string) aim {
	a := aim{names: []schema.Reference{{Name: address}}} // an attachment, wherever it lies
	rest, under := cutBase(address, p.sourceBase)
	if !under {
		return a
	}
	repository, rest, ours := p.cutRepository(rest)
	if !ours {
		return a
	}
	page, paged := readPage(p.source, rest)
	if !paged && repository != "" {
		return a
	}
	a.repository, a.ours, a.page, a.paged = repository, true, page, paged
	if repository != "" {
		a.file = a.names[0]
	}
	a.names[0].Repository = repository
	switch number := page.parts["number"]; page.page {
	case schema.PageIssue, schema.PageChange, schema.PageDiscussion:
		a.paged = false // it is found by its number
		a.names = append(a.names, p.numbered(repository, number, page.page == schema.PageChange)...)
	case schema.PageMilestone:
		a.paged = false
	case schema.PageCommit:
		a.commit = schema.Reference{Repository: repository, Name: page.parts["commit"]}
	}
	return a
}

// cutBase cuts the base off an address, whichever of http and https it has.
func cutBase(address, base string) (string, bool) {
	bare := func(s string) string { return strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://") }
	address, base = bare(address), bare(base)
	if base == "" || len(address) < len(base) || !strings.EqualFold(address[:len(base)], base) {
		return "", false
	}
	return address[len(base):], true
}

// ask notes what is to be looked up.
func (a aim) ask(answers *answers) {
	for _, name := range a.names {
		answers.ask(name)
	}
	if a.file.Name != "" {
		answers.ask(a.file)
	}
	if a.repository != "" {
		answers.ask(schema.Reference{Repository: a.repository})
	}
	if a.commit.Name != "" {
		answers.askCommit(a.commit)
	}
}

// found is the first of the names that is at the target, and its place in the
// list.
func (a aim) found(answers *answers) (schema.Ref, int) {
	if ref := answers.ref(a.file); a.file.Name != "" && ref.ID != "" {
		return ref, 0
	}
	for i, name := range a.names {
		if ref := answers.ref(name); ref.ID != "" {
			return ref, i
		}
	}
	return schema.Ref{}, -1
}

// waiting is what the reference means and is not at the target yet.
func (a aim) waiting(answers *answers) []schema.Reference {
	if !a.ours {
		return nil
	}
	_, at := a.found(answers)
	switch {
	case at == 0:
		return nil
	case a.repository != "" && answers.ref(schema.Reference{Repository: a.repository}).ID == "":
		return []schema.Reference{{Repository: a.repository}}
	case len(a.names) == 0 || a.paged:
		return nil
	case at > 0 && !strings.Contains(a.names[0].Name, "://"):
		return nil // #12 was found as !12
	case at < 0 && len(a.names) > 1:
		return a.names
	}
	return a.names[:1]
}

func (a aim) needsRefs() bool { return a.paged && a.page.hasRef() }

// replacement is what stands in the place of a reference at the target.
func (a aim) replacement(r rewrite.Reference, p places, answers *answers, refs map[string]string) (string, bool) {
	ref, at := a.found(answers)
	switch {
	case at >= 0 && (r.Kind == rewrite.URL || r.Kind == rewrite.Path):
		return ref.URL, ref.URL != ""
	case at >= 0 && a.repository == "" && ref.Text != "":
		return ref.Text, true
	case at >= 0:
		home := answers.ref(schema.Reference{Repository: a.repository})
		if home.Text != "" && ref.Text != "" {
			return home.Text + ref.Text, true
		}
		return linked(r, ref.URL)
	case a.commit.Name != "" && !a.paged:
		now := answers.commit(a.commit)
		return now[:min(len(now), max(len(a.commit.Name), 10))], now != ""
	case !a.paged:
		return "", false
	}
	address := a.address(p, answers, refs)
	if r.Kind != rewrite.URL {
		return linked(r, address)
	}
	return address, address != ""
}

// linked is a reference as a link, where one can stand.
func linked(r rewrite.Reference, address string) (string, bool) {
	if r.Place != rewrite.Prose || address == "" {
		return "", false
	}
	return fmt.Sprintf("[%s](%s)", r.Text, address), true
}

// address is where the target shows the page, or "".
func (a aim) address(p places, answers *answers, refs map[string]string) string {
	home := p.target
	if a.repository != "" {
		home = answers.ref(schema.Reference{Repository: a.repository})
		refs = nil
	}
	if home.URL == "" {
		return ""
	}
	page := a.page
	if page.hasRef() {
		cut, known := cutRef(page, refs)
		if !known {
			cut = page
			cut.parts["as"] = "branch"
		}
		page = cut
		if now := answers.commit(schema.Reference{Repository: a.repository, Name: page.parts["ref"]}); now != "" {
			page.parts["ref"] = now
		}
	}
	if now := answers.commit(a.commit); now != "" {
		page.parts["commit"] = now
	}
	path := writePage(p.shows, page)
	if path == "" && page.page != schema.PageHome {
		return ""
	}
	return strings.TrimSuffix(home.URL, "/") + path
}

// answers are what the state knows of references, asked once for a window of
// records.
type answers struct {
	references, commits []schema.Reference
	refs                map[schema.Reference]schema.Ref
	ids                 map[schema.Reference]string
}

func newAnswers() *answers {
	return &answers{refs: map[schema.Reference]schema.Ref{}, ids: map[schema.Reference]string{}}
}

func (a *answers) ask(r schema.Reference) {
	if _, asked := a.refs[r]; !asked && len(r.Name) <= schema.MaxID && len(r.Repository) <= schema.MaxID {
		a.refs[r] = schema.Ref{}
		a.references = append(a.references, r)
	}
}

func (a *answers) askCommit(r schema.Reference) {
	if _, asked := a.ids[r]; !asked && len(r.Name) <= 64 {
		a.ids[r] = ""
		a.commits = append(a.commits, r)
	}
}

func (a *answers) find(ctx context.Context, ledger Ledger) error {
	if len(a.references) > 0 {
		refs, err := ledger.Resolve(ctx, a.references)
		if err != nil {
			return err
		}
		for i, r := range a.references {
			a.refs[r] = refs[i]
		}
	}
	if len(a.commits) > 0 {
		ids, err := ledger.Commits(ctx, a.commits)
		if err != nil {
			return err
		}
		for i, r := range a.commits {
			a.ids[r] = ids[i]
		}
	}
	return nil
}

func (a *answers) ref(r schema.Reference) schema.Ref { return a.refs[r] }

func (a *answers) commit(r schema.Reference) string { return a.ids[r] }
