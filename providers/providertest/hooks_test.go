package providertest

import (
	"context"
	"io"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// broken is the directory provider with some of its answers changed. A hook
// that is nil changes nothing.
type broken struct {
	describe func(d *providers.Description)
	open     func(c providers.Config, err error) error // of source and target

	discovered func(q providers.Query, list []providers.Discovered) []providers.Discovered
	inspected  func(q []providers.Lookup, list []providers.Inspection) []providers.Inspection
	export     func(ctx context.Context, req providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error)
	authors    func(list []schema.Author) []schema.Author
	messages   func(req providers.ReadRequest, list []providers.Message) []providers.Message
	read       func(ctx context.Context, seq iter.Seq2[providers.Message, error]) iter.Seq2[providers.Message, error]
	blob       func(r io.ReadCloser, err error) (io.ReadCloser, error)

	standings func(list []providers.Standing) []providers.Standing
	create    func(req providers.CreateRequest, do func(providers.CreateRequest) (schema.Ref, error)) (schema.Ref, error)
	move      func(ref schema.Ref, err error) (schema.Ref, error)
	push      func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error)
	write     func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error)
	found     func(refs []schema.Ref) []schema.Ref
	counts    func(counts map[schema.Kind]int64) map[schema.Kind]int64
}

// wrap returns p with what it opens broken.
func (b broken) wrap(p *providers.Provider) *providers.Provider {
	if b.describe != nil {
		b.describe(&p.Description)
	}
	if openSource := p.OpenSource; openSource != nil {
		p.OpenSource = func(ctx context.Context, c providers.Config) (providers.Source, error) {
			s, err := openSource(ctx, c)
			if b.open != nil {
				err = b.open(c, err)
			}
			if err != nil {
				return nil, err
			}
			if s == nil {
				s = providers.UnimplementedSource{}
			}
			return &brokenSource{s, b}, nil
		}
	}
	if openTarget := p.OpenTarget; openTarget != nil {
		p.OpenTarget = func(ctx context.Context, c providers.Config) (providers.Target, error) {
			t, err := openTarget(ctx, c)
			if b.open != nil {
				err = b.open(c, err)
			}
			if err != nil {
				return nil, err
			}
			if t == nil {
				t = providers.UnimplementedTarget{}
			}
			return &brokenTarget{t, b}, nil
		}
	}
	return p
}

// edit changes a sequence as a whole. An error stays at its end.
func edit[T any](seq iter.Seq2[T, error], change func([]T) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var list []T
		var failed error
		for v, err := range seq {
			if failed = err; err != nil {
				break
			}
			list = append(list, v)
		}
		for _, v := range change(list) {
			if !yield(v, nil) {
				return
			}
		}
		if failed != nil {
			var none T
			yield(none, failed)
		}
	}
}

type brokenSource struct {
	providers.Source
	b broken
}

func (s *brokenSource) Discover(ctx context.Context, q providers.Query) iter.Seq2[providers.Discovered, error] {
	seq := s.Source.Discover(ctx, q)
	if s.b.discovered == nil {
		return seq
	}
	return edit(seq, func(list []providers.Discovered) []providers.Discovered { return s.b.discovered(q, list) })
}

func (s *brokenSource) Inspect(ctx context.Context, q []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	seq := s.Source.Inspect(ctx, q)
	if s.b.inspected == nil {
		return seq
	}
	return edit(seq, func(list []providers.Inspection) []providers.Inspection { return s.b.inspected(q, list) })
}

func (s *brokenSource) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	do := func() (providers.Export, error) { return s.Source.ExportGit(ctx, req, observe) }
	if s.b.export == nil {
		return do()
	}
	return s.b.export(ctx, req, do)
}

func (s *brokenSource) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	seq := s.Source.Authors(ctx, repo, cache)
	if s.b.authors == nil {
		return seq
	}
	return edit(seq, s.b.authors)
}

func (s *brokenSource) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	seq := s.Source.Read(ctx, req)
	if s.b.messages != nil {
		seq = edit(seq, func(list []providers.Message) []providers.Message { return s.b.messages(req, list) })
	}
	if s.b.read != nil {
		seq = s.b.read(ctx, seq)
	}
	return seq
}

func (s *brokenSource) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	r, err := s.Source.OpenBlob(ctx, repo, blob)
	if s.b.blob == nil {
		return r, err
	}
	return s.b.blob(r, err)
}

type brokenTarget struct {
	providers.Target
	b broken
}

func (t *brokenTarget) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	seq := t.Target.Inspect(ctx, places)
	if t.b.standings == nil {
		return seq
	}
	return edit(seq, t.b.standings)
}

func (t *brokenTarget) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	do := func(req providers.CreateRequest) (schema.Ref, error) { return t.Target.Create(ctx, req) }
	if t.b.create == nil {
		return do(req)
	}
	return t.b.create(req, do)
}

func (t *brokenTarget) Move(ctx context.Context, repo schema.Ref, to providers.Place) (schema.Ref, error) {
	ref, err := t.Target.Move(ctx, repo, to)
	if t.b.move == nil {
		return ref, err
	}
	return t.b.move(ref, err)
}

func (t *brokenTarget) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	do := func(req providers.PushRequest) (providers.Pushed, error) { return t.Target.Push(ctx, req, observe) }
	if t.b.push == nil {
		return do(req)
	}
	return t.b.push(req, do)
}

func (t *brokenTarget) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	do := func(req providers.WriteRequest) ([]providers.Written, error) { return t.Target.Write(ctx, req) }
	if t.b.write == nil {
		return do(req)
	}
	return t.b.write(req, do)
}

func (t *brokenTarget) Find(ctx context.Context, repo schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := t.Target.Find(ctx, repo, wanted)
	if t.b.found == nil || err != nil {
		return refs, err
	}
	return t.b.found(refs), nil
}

func (t *brokenTarget) Finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	counts, err := t.Target.Finish(ctx, req)
	if t.b.counts == nil || err != nil {
		return counts, err
	}
	return t.b.counts(counts), nil
}
