package wire

import (
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// EncodePlace returns p as the wire has it.
func EncodePlace(p providers.Place) *pb.Place {
	return &pb.Place{
		Id: int64(p.ID), Namespace: []byte(p.Namespace), Name: []byte(p.Name),
		Placement: p.Placement, Ref: EncodeRef(p.Ref), CreateNamespace: p.CreateNamespace,
		Block: text(p.Block), Visibility: text(p.Visibility), Counts: p.Counts,
	}
}

// DecodePlace is the inverse of EncodePlace.
func DecodePlace(m *pb.Place) (providers.Place, error) {
	ref, err := DecodeRef(m.GetRef())
	return providers.Place{
		ID: int(m.GetId()), Namespace: string(m.GetNamespace()), Name: string(m.GetName()),
		Placement: m.GetPlacement(), Ref: ref, CreateNamespace: m.GetCreateNamespace(),
		Block: m.GetBlock(), Visibility: m.GetVisibility(), Counts: m.GetCounts(),
	}, err
}

// EncodeStanding sends s as one or more messages.
func EncodeStanding(s providers.Standing, send func(*pb.Standing) error) error {
	ahead, refs := popLast(refRuns(s.Refs))
	for _, refs := range ahead {
		if err := send(&pb.Standing{Id: int64(s.ID), More: true, Refs: refs}); err != nil {
			return err
		}
	}
	for _, refs := range refRuns(s.WikiRefs) {
		if err := send(&pb.Standing{Id: int64(s.ID), More: true, WikiRefs: refs}); err != nil {
			return err
		}
	}
	m := &pb.Standing{
		Id: int64(s.ID), Refs: refs, Exists: s.Exists, Ref: EncodeRef(s.Ref), Marker: []byte(s.Marker),
		DefaultBranch: []byte(s.DefaultBranch), Counts: EncodeCounts(s.Counts), Problem: EncodeError(s.Problem),
		Namespace: []byte(s.Namespace), Name: []byte(s.Name),
	}
	for _, notice := range s.Notices {
		m.Notices = append(m.Notices, []byte(human(notice)))
	}
	return send(m)
}

// Standings puts the messages of EncodeStanding together again. The zero value
// is ready for a stream.
type Standings struct {
	id         int64
	open       bool
	refs, wiki map[string]string
	budget
}

// Add takes the next message of the stream, and returns a standing and true
// when it was the last of one.
func (s *Standings) Add(m *pb.Standing) (standing providers.Standing, done bool, err error) {
	if s.open && m.GetId() != s.id {
		return standing, false, fmt.Errorf("answer %d in the middle of answer %d", m.GetId(), s.id)
	}
	if s.refs, err = addRefs(s.refs, m.GetRefs(), &s.budget); err != nil {
		return standing, false, err
	}
	if s.wiki, err = addRefs(s.wiki, m.GetWikiRefs(), &s.budget); err != nil {
		return standing, false, err
	}
	if m.GetMore() {
		s.id, s.open = m.GetId(), true
		return standing, false, nil
	}
	refs, wiki := s.refs, s.wiki
	*s = Standings{}

	standing, err = decodeStanding(m)
	standing.Refs, standing.WikiRefs = refs, wiki
	return standing, err == nil, err
}

func decodeStanding(m *pb.Standing) (s providers.Standing, err error) {
	s = providers.Standing{ID: int(m.GetId()), Exists: m.GetExists(), Problem: DecodeError(m.GetProblem())}
	if s.Ref, err = DecodeRef(m.GetRef()); err != nil {
		return s, err
	}
	if s.Marker, err = name("a marker", m.GetMarker()); err != nil {
		return s, err
	}
	if s.DefaultBranch, err = name("a default branch", m.GetDefaultBranch()); err != nil {
		return s, err
	}
	if s.Namespace, err = name("a namespace", m.GetNamespace()); err != nil {
		return s, err
	}
	if s.Name, err = name("a name", m.GetName()); err != nil {
		return s, err
	}
	for _, notice := range m.GetNotices() {
		s.Notices = append(s.Notices, human(string(notice)))
	}
	s.Counts, err = DecodeCounts(m.GetCounts())
	return s, err
}

// EncodeCreate returns r as the wire has it.
func EncodeCreate(session string, r providers.CreateRequest) (*pb.CreateRequest, error) {
	m := &pb.CreateRequest{
		Session: session, Place: EncodePlace(r.Place), Marker: []byte(r.Marker),
		ObjectFormat: text(r.ObjectFormat), DefaultBranch: []byte(r.DefaultBranch), Adopt: r.Adopt,
	}
	if r.Settings == nil {
		return m, nil
	}
	settings, err := json.Marshal(r.Settings)
	m.Settings = settings
	return m, err
}

// DecodeCreate is the inverse of EncodeCreate.
func DecodeCreate(m *pb.CreateRequest) (r providers.CreateRequest, err error) {
	r = providers.CreateRequest{
		Marker: string(m.GetMarker()), ObjectFormat: m.GetObjectFormat(),
		DefaultBranch: string(m.GetDefaultBranch()), Adopt: m.GetAdopt(),
	}
	if r.Place, err = DecodePlace(m.GetPlace()); err != nil || len(m.GetSettings()) == 0 {
		return r, err
	}
	r.Settings = new(schema.Repository)
	return r, DecodeJSON("settings of a repository", m.Settings, r.Settings)
}

// EncodePush sends r as two or more messages.
func EncodePush(session string, r providers.PushRequest, send func(*pb.PushRequest) error) error {
	err := send(&pb.PushRequest{Step: &pb.PushRequest_Start{Start: &pb.PushStart{
		Session: session, Repo: EncodeRef(r.Repo), Part: text(string(r.Part)), Dir: []byte(r.Dir),
		DefaultBranch: []byte(r.DefaultBranch), Overwrite: r.Overwrite, Placement: r.Placement,
	}}})
	if err != nil {
		return err
	}
	updates := make([]*pb.RefUpdate, len(r.Updates))
	for i, u := range r.Updates {
		updates[i] = &pb.RefUpdate{Name: []byte(u.Name), Old: text(u.Old), New: text(u.New)}
	}
	for _, run := range Split(updates) {
		if err := send(&pb.PushRequest{Step: &pb.PushRequest_Updates{Updates: &pb.RefUpdates{Updates: run}}}); err != nil {
			return err
		}
	}
	return nil
}

// PushRequests puts the messages of EncodePush together again. The zero value
// is ready for a stream.
type PushRequests struct {
	session string
	started bool
	request providers.PushRequest
	budget
}

// Add takes the next message of the stream.
func (s *PushRequests) Add(m *pb.PushRequest) error {
	switch step := m.GetStep().(type) {
	case *pb.PushRequest_Start:
		if s.started {
			return fmt.Errorf("a second start of one push")
		}
		repo, err := DecodeRef(step.Start.GetRepo())
		if err != nil {
			return err
		}
		s.session, s.started = step.Start.GetSession(), true
		s.request = providers.PushRequest{
			Repo: repo, Part: providers.Part(step.Start.GetPart()), Dir: string(step.Start.GetDir()),
			DefaultBranch: string(step.Start.GetDefaultBranch()), Overwrite: step.Start.GetOverwrite(),
			Placement: step.Start.GetPlacement(),
		}
	case *pb.PushRequest_Updates:
		for _, u := range step.Updates.GetUpdates() {
			if err := s.spend(len(u.GetName()) + len(u.GetOld()) + len(u.GetNew())); err != nil {
				return err
			}
			s.request.Updates = append(s.request.Updates, providers.RefUpdate{
				Name: string(u.GetName()), Old: u.GetOld(), New: u.GetNew(),
			})
		}
	default:
		return fmt.Errorf("a step of a push that this version does not know")
	}
	return nil
}

// Request returns what was put together, and its session.
func (s *PushRequests) Request() (session string, r providers.PushRequest, err error) {
	if !s.started {
		return "", r, fmt.Errorf("a push without its start")
	}
	return s.session, s.request, nil
}

// EncodePushed sends p as one or more messages.
func EncodePushed(p providers.Pushed, send func(*pb.Pushed) error) error {
	ahead, refs := popLast(refRuns(p.Refs))
	for _, refs := range ahead {
		if err := send(&pb.Pushed{More: true, Refs: refs}); err != nil {
			return err
		}
	}
	for _, failed := range failureRuns(p.Failed) {
		if err := send(&pb.Pushed{More: true, Failed: failed}); err != nil {
			return err
		}
	}
	return send(&pb.Pushed{Refs: refs, Lfs: encodeCount(p.LFS)})
}

// Pushes puts the messages of EncodePushed together again. The zero value is
// ready for a stream.
type Pushes struct{ parts answer }

// Add takes the next message, and returns the result and true with the last.
func (s *Pushes) Add(m *pb.Pushed) (providers.Pushed, bool, error) {
	if err := s.parts.add(m.GetRefs(), m.GetFailed()); err != nil || m.GetMore() {
		return providers.Pushed{}, false, err
	}
	return providers.Pushed{Refs: s.parts.refs, LFS: decodeCount(m.GetLfs()), Failed: s.parts.failed}, true, nil
}

// EncodeWrite returns w as the wire has it.
func EncodeWrite(w providers.Write) *pb.Write {
	m := &pb.Write{Record: EncodeRecord(&w.Record), Ref: EncodeRef(w.Ref), Content: []byte(w.Content), Overwrite: w.Overwrite}
	for _, r := range w.Related {
		m.Related = append(m.Related, encodeRelated(r))
	}
	return m
}

func encodeRelated(r providers.Related) *pb.Related {
	return &pb.Related{Key: EncodeKey(r.Key), Ref: EncodeRef(r.Ref)}
}

func decodeRelated(m *pb.Related) (providers.Related, error) {
	key, err := DecodeKey(m.GetKey())
	if err != nil {
		return providers.Related{}, err
	}
	ref, err := DecodeRef(m.GetRef())
	return providers.Related{Key: key, Ref: ref}, err
}

// DecodeWrite is the inverse of EncodeWrite.
func DecodeWrite(m *pb.Write) (providers.Write, error) {
	record, err := DecodeRecord(m.GetRecord())
	if err != nil {
		return providers.Write{}, err
	}
	w := providers.Write{Record: *record, Content: string(m.GetContent()), Overwrite: m.GetOverwrite()}
	if w.Ref, err = DecodeRef(m.GetRef()); err != nil {
		return providers.Write{}, err
	}
	for _, r := range m.GetRelated() {
		related, err := decodeRelated(r)
		if err != nil {
			return providers.Write{}, err
		}
		w.Related = append(w.Related, related)
	}
	return w, nil
}

// EncodeWritten returns w as the wire has it.
func EncodeWritten(w providers.Written) *pb.Written {
	return &pb.Written{
		Ref: EncodeRef(w.Ref), Problem: EncodeError(w.Problem), Degraded: []byte(human(w.Degraded)), Skipped: []byte(human(w.Skipped)),
	}
}

// DecodeWritten is the inverse of EncodeWritten.
func DecodeWritten(m *pb.Written) (providers.Written, error) {
	ref, err := DecodeRef(m.GetRef())
	return providers.Written{
		Ref: ref, Problem: DecodeError(m.GetProblem()),
		Degraded: human(string(m.GetDegraded())), Skipped: human(string(m.GetSkipped())),
	}, err
}

// EncodeWanted returns w as the wire has it.
func EncodeWanted(w providers.Wanted) *pb.Wanted {
	m := &pb.Wanted{Key: EncodeKey(w.Key), Ref: EncodeRef(w.Ref), Number: w.Number}
	if w.Parent != nil {
		m.Parent = encodeRelated(*w.Parent)
	}
	return m
}

// DecodeWanted is the inverse of EncodeWanted.
func DecodeWanted(m *pb.Wanted) (providers.Wanted, error) {
	key, err := DecodeKey(m.GetKey())
	if err != nil {
		return providers.Wanted{}, err
	}
	w := providers.Wanted{Key: key, Number: m.GetNumber()}
	if w.Ref, err = DecodeRef(m.GetRef()); err != nil {
		return providers.Wanted{}, err
	}
	if m.GetParent() != nil {
		parent, err := decodeRelated(m.Parent)
		if err != nil {
			return providers.Wanted{}, err
		}
		w.Parent = &parent
	}
	return w, nil
}
