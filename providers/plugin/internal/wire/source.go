package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// EncodeRepo returns r as the wire has it.
func EncodeRepo(r providers.Repo) *pb.Repo {
	return &pb.Repo{Settings: r.Settings, Identity: []byte(r.Identity)}
}

// DecodeRepo is the inverse of EncodeRepo.
func DecodeRepo(m *pb.Repo) providers.Repo {
	return providers.Repo{Settings: m.GetSettings(), Identity: string(m.GetIdentity())}
}

// EncodeDiscovered returns d as the wire has it.
func EncodeDiscovered(d providers.Discovered) (*pb.Discovered, error) {
	switch {
	case d.Item != nil:
		item, err := json.Marshal(d.Item)
		if err != nil {
			return nil, fmt.Errorf("found %s: %w", schema.Printable(d.Item.FullName), err)
		}
		return &pb.Discovered{Result: &pb.Discovered_Item{Item: item}}, nil
	case d.End != nil:
		return &pb.Discovered{Result: &pb.Discovered_End{End: &pb.ListingEnd{
			Complete: d.End.Complete, Problem: EncodeError(d.End.Problem),
		}}}, nil
	case d.Throttled != nil:
		return &pb.Discovered{Result: &pb.Discovered_Throttled{Throttled: encodeThrottle(d.Throttled)}}, nil
	}
	return nil, errors.New("a result of discover with nothing in it")
}

// DecodeDiscovered is the inverse of EncodeDiscovered.
func DecodeDiscovered(m *pb.Discovered) (providers.Discovered, error) {
	switch m := m.GetResult().(type) {
	case *pb.Discovered_Item:
		item := new(schema.Found)
		if len(m.Item) == 0 {
			return providers.Discovered{}, errors.New("a found repository with nothing in it")
		}
		if err := DecodeJSON("a found repository", m.Item, item); err != nil {
			return providers.Discovered{}, err
		}
		return providers.Discovered{Item: item}, nil
	case *pb.Discovered_End:
		return providers.Discovered{End: &providers.ListingEnd{
			Complete: m.End.GetComplete(), Problem: DecodeError(m.End.GetProblem()),
		}}, nil
	case *pb.Discovered_Throttled:
		return providers.Discovered{Throttled: decodeThrottle(m.Throttled)}, nil
	}
	return providers.Discovered{}, errors.New("a result of discover of a sort that this version does not know")
}

// EncodeLookup returns l as the wire has it.
func EncodeLookup(l providers.Lookup) *pb.Lookup {
	return &pb.Lookup{Id: int64(l.ID), Repo: EncodeRepo(l.Repo), Etag: []byte(l.ETag)}
}

// DecodeLookup is the inverse of EncodeLookup.
func DecodeLookup(m *pb.Lookup) providers.Lookup {
	return providers.Lookup{ID: int(m.GetId()), Repo: DecodeRepo(m.GetRepo()), ETag: string(m.GetEtag())}
}

// EncodeInspection sends i as one or more messages.
func EncodeInspection(i providers.Inspection, send func(*pb.Inspection) error) error {
	last := &pb.Inspection{Id: int64(i.ID), Unchanged: i.Unchanged, Problem: EncodeError(i.Problem)}
	if i.Facts != nil {
		code, wiki := refRuns(i.Facts.Refs), refRuns(i.Facts.WikiRefs)
		code, last.Refs = popLast(code)
		for _, refs := range code {
			if err := send(&pb.Inspection{Id: int64(i.ID), More: true, Refs: refs}); err != nil {
				return err
			}
		}
		for _, refs := range wiki {
			if err := send(&pb.Inspection{Id: int64(i.ID), More: true, WikiRefs: refs}); err != nil {
				return err
			}
		}
		last.Facts = encodeFacts(i.Facts)
	}
	return send(last)
}

// Inspections puts the messages of EncodeInspection together again. The zero
// value is ready for a stream.
type Inspections struct {
	id         int64
	open       bool
	refs, wiki map[string]string
	budget
}

// Add takes the next message of the stream, and returns an inspection and true
// when it was the last of one.
func (s *Inspections) Add(m *pb.Inspection) (providers.Inspection, bool, error) {
	var none providers.Inspection
	if s.open && m.GetId() != s.id {
		return none, false, fmt.Errorf("answer %d in the middle of answer %d", m.GetId(), s.id)
	}
	refs, err := addRefs(s.refs, m.GetRefs(), &s.budget)
	if err != nil {
		return none, false, err
	}
	wiki, err := addRefs(s.wiki, m.GetWikiRefs(), &s.budget)
	if err != nil {
		return none, false, err
	}
	if m.GetMore() {
		s.id, s.open, s.refs, s.wiki = m.GetId(), true, refs, wiki
		return none, false, nil
	}
	*s = Inspections{}

	i := providers.Inspection{ID: int(m.GetId()), Unchanged: m.GetUnchanged(), Problem: DecodeError(m.GetProblem())}
	if m.GetFacts() != nil {
		if i.Facts, err = decodeFacts(m.Facts); err != nil {
			return none, false, err
		}
		i.Facts.Refs, i.Facts.WikiRefs = refs, wiki
	}
	if i.Facts == nil && !i.Unchanged && i.Problem == nil {
		return none, false, fmt.Errorf("answer %d with nothing in it", i.ID)
	}
	return i, true, nil
}

func encodeFacts(f *providers.Facts) *pb.Facts {
	m := &pb.Facts{
		Identity: []byte(f.Identity), FullName: []byte(f.FullName), Name: []byte(f.Name), Url: []byte(f.URL),
		DefaultBranch: []byte(f.DefaultBranch), ObjectFormat: text(f.ObjectFormat), GitBytes: f.GitBytes,
		Counts: EncodeCounts(f.Counts), Requests: f.Requests, Visibility: text(f.Visibility), Etag: []byte(f.ETag), GitEtag: []byte(f.GitETag),
		LastNumber: f.LastNumber, LastNumbers: EncodeCounts(f.LastNumbers), Files: f.Files, Largest: encodeSized(f.Largest),
	}
	for _, part := range f.Parts {
		m.Parts = append(m.Parts, text(string(part)))
	}
	if len(f.Streams) > 0 {
		m.Streams = make(map[string][]byte, len(f.Streams))
		for stream, validator := range f.Streams {
			m.Streams[text(stream)] = []byte(validator)
		}
	}
	return m
}

func decodeFacts(m *pb.Facts) (*providers.Facts, error) {
	f := &providers.Facts{GitBytes: m.GitBytes, Requests: m.Requests, LastNumber: m.LastNumber, Files: m.Files}
	err := decodeNames([]nameField{
		{"an identity", m.Identity, &f.Identity},
		{"a full name", m.FullName, &f.FullName},
		{"a repository name", m.Name, &f.Name},
		{"a URL", m.Url, &f.URL},
		{"a default branch", m.DefaultBranch, &f.DefaultBranch},
		{"an object format", []byte(m.ObjectFormat), &f.ObjectFormat},
		{"a visibility", []byte(m.Visibility), &f.Visibility},
		{"an etag", m.Etag, &f.ETag},
		{"an etag of git data", m.GitEtag, &f.GitETag},
	})
	if err != nil {
		return nil, err
	}
	if f.Counts, err = DecodeCounts(m.Counts); err != nil {
		return nil, err
	}
	if f.LastNumbers, err = DecodeCounts(m.LastNumbers); err != nil {
		return nil, err
	}
	if f.Largest, err = decodeSized(m.Largest); err != nil {
		return nil, err
	}
	if len(m.Parts) > maxTable || len(m.Streams) > maxTable {
		return nil, fmt.Errorf("%d parts and %d streams; the limit is %d", len(m.Parts), len(m.Streams), maxTable)
	}
	for _, part := range m.Parts {
		if _, err := word("a part", part); err != nil {
			return nil, err
		}
		f.Parts = append(f.Parts, providers.Part(part))
	}
	if len(m.Streams) > 0 {
		f.Streams = make(map[string]string, len(m.Streams))
	}
	for stream, validator := range m.Streams {
		if _, err := word("a stream", stream); err != nil {
			return nil, err
		}
		if f.Streams[stream], err = name("a validator", validator); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// EncodeExport sends e as one or more messages.
func EncodeExport(e providers.Export, send func(*pb.Export) error) error {
	ahead, refs := popLast(refRuns(e.Refs))
	for _, refs := range ahead {
		if err := send(&pb.Export{More: true, Refs: refs}); err != nil {
			return err
		}
	}
	for _, failed := range failureRuns(e.Failed) {
		if err := send(&pb.Export{More: true, Failed: failed}); err != nil {
			return err
		}
	}
	for _, losses := range lossRuns(e.Losses) {
		if err := send(&pb.Export{More: true, Losses: losses}); err != nil {
			return err
		}
	}
	return send(&pb.Export{
		Refs: refs, DefaultBranch: []byte(e.DefaultBranch), ObjectFormat: text(e.ObjectFormat), Lfs: encodeCount(e.LFS),
	})
}

// Exports puts the messages of EncodeExport together again. The zero value is
// ready for a stream.
type Exports struct {
	parts  answer
	losses []schema.Loss
}

// Add takes the next message, and returns the export and true with the last.
func (s *Exports) Add(m *pb.Export) (providers.Export, bool, error) {
	if err := s.parts.add(m.GetRefs(), m.GetFailed()); err != nil {
		return providers.Export{}, false, err
	}
	for _, l := range m.GetLosses() {
		loss, err := decodeLoss(l)
		if err == nil {
			err = s.parts.spend(len(loss.Code) + len(loss.Message) + len(loss.Path) + len(loss.Ref) + len(loss.Revision))
		}
		if err != nil {
			return providers.Export{}, false, err
		}
		s.losses = append(s.losses, loss)
	}
	if m.GetMore() {
		return providers.Export{}, false, nil
	}
	branch, err := name("a default branch", m.GetDefaultBranch())
	if err != nil {
		return providers.Export{}, false, err
	}
	format, err := word("an object format", m.GetObjectFormat())
	if err != nil {
		return providers.Export{}, false, err
	}
	return providers.Export{
		Refs: s.parts.refs, DefaultBranch: branch, ObjectFormat: format,
		LFS: decodeCount(m.GetLfs()), Failed: s.parts.failed, Losses: s.losses,
	}, true, nil
}

// answer gathers the refs and failures of one answer.
type answer struct {
	refs   map[string]string
	failed []providers.ItemFailed
	budget
}

func (a *answer) add(refs []*pb.GitRef, failed []*pb.ItemFailed) (err error) {
	if a.refs, err = addRefs(a.refs, refs, &a.budget); err != nil {
		return err
	}
	for _, m := range failed {
		f, err := decodeItemFailed(m)
		if err != nil {
			return err
		}
		if err := a.spend(len(f.Key.ID) + len(f.Title) + len(f.URL) + len(f.Problem.Message) + len(f.Problem.Hint) + 256); err != nil {
			return err
		}
		a.failed = append(a.failed, f)
	}
	return nil
}

func failureRuns(failed []providers.ItemFailed) [][]*pb.ItemFailed {
	list := make([]*pb.ItemFailed, len(failed))
	for i, f := range failed {
		list[i] = encodeItemFailed(f)
	}
	return Split(list)
}

// EncodeAuthor returns a as the wire has it.
func EncodeAuthor(a schema.Author) *pb.Author {
	return &pb.Author{
		RemoteId: []byte(a.RemoteID), RemoteName: []byte(a.RemoteName),
		Name: []byte(a.Name), Email: []byte(a.Email), Commits: a.Commits, Records: a.Records,
	}
}

// DecodeAuthor is the inverse of EncodeAuthor.
func DecodeAuthor(m *pb.Author) (schema.Author, error) {
	a := schema.Author{Commits: m.GetCommits(), Records: m.GetRecords()}
	const what = "an author's id or name"
	err := decodeNames([]nameField{
		{what, m.GetRemoteId(), &a.RemoteID}, {what, m.GetRemoteName(), &a.RemoteName},
		{what, m.GetName(), &a.Name}, {what, m.GetEmail(), &a.Email},
	})
	return a, err
}

// EncodeRead returns r as the wire has it.
func EncodeRead(session string, r providers.ReadRequest) *pb.ReadRequest {
	m := &pb.ReadRequest{
		Session: session, Repo: EncodeRepo(r.Repo), Stream: text(r.Stream), Cursor: []byte(r.Cursor), Since: []byte(r.Since),
	}
	for _, kind := range r.Kinds {
		m.Kinds = append(m.Kinds, text(string(kind)))
	}
	for _, k := range r.Keys {
		m.Keys = append(m.Keys, EncodeKey(k))
	}
	return m
}

// DecodeRead is the inverse of EncodeRead.
func DecodeRead(m *pb.ReadRequest) (providers.ReadRequest, error) {
	r := providers.ReadRequest{
		Repo: DecodeRepo(m.GetRepo()), Stream: m.GetStream(), Cursor: schema.Cursor(m.GetCursor()), Since: schema.Cursor(m.GetSince()),
	}
	for _, kind := range m.GetKinds() {
		r.Kinds = append(r.Kinds, schema.Kind(kind))
	}
	for _, k := range m.GetKeys() {
		key, err := DecodeKey(k)
		if err != nil {
			return r, err
		}
		r.Keys = append(r.Keys, key)
	}
	return r, nil
}

// EncodeBudget returns b as the wire has it.
func EncodeBudget(b providers.Budget) *pb.BudgetResponse {
	return &pb.BudgetResponse{Limit: b.Limit, Remaining: b.Remaining, Resets: encodeTime(b.Resets), Window: text(b.Window)}
}

// DecodeBudget is the inverse of EncodeBudget.
func DecodeBudget(m *pb.BudgetResponse) (providers.Budget, error) {
	window, err := word("the window of a budget", m.GetWindow())
	if err == nil && (m.GetLimit() < 0 || m.GetRemaining() < 0) {
		err = errors.New("a budget below nothing")
	}
	return providers.Budget{Limit: m.GetLimit(), Remaining: m.GetRemaining(), Resets: decodeTime(m.GetResets()), Window: window}, err
}
