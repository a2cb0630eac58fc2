package wire

import (
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// EncodeKey returns k as the wire has it.
func EncodeKey(k schema.Key) *pb.Key { return &pb.Key{Kind: text(string(k.Kind)), Id: []byte(k.ID)} }

// DecodeKey is the inverse of EncodeKey.
func DecodeKey(m *pb.Key) (schema.Key, error) {
	kind, err := word("a kind", m.GetKind())
	if err != nil {
		return schema.Key{}, err
	}
	// Not MaxID: the key of a ref is its name.
	id, err := name("an id", m.GetId())
	if err != nil {
		return schema.Key{}, err
	}
	if kind == "" || id == "" {
		return schema.Key{}, errors.New("a key without a kind or an id")
	}
	return schema.Key{Kind: schema.Kind(kind), ID: id}, nil
}

// EncodeRef returns r as the wire has it: nothing for the zero Ref.
func EncodeRef(r schema.Ref) *pb.Ref {
	if r == (schema.Ref{}) {
		return nil
	}
	return EncodeListedRef(r)
}

// EncodeListedRef is EncodeRef for the elements of a list, none of which can be
// absent on the wire.
func EncodeListedRef(r schema.Ref) *pb.Ref {
	return &pb.Ref{Id: []byte(r.ID), Url: []byte(r.URL), Text: []byte(r.Text), Version: []byte(r.Version)}
}

// DecodeRef is the inverse of EncodeRef.
func DecodeRef(m *pb.Ref) (schema.Ref, error) {
	var r schema.Ref
	err := decodeNames([]nameField{
		{"an id", m.GetId(), &r.ID}, {"a URL", m.GetUrl(), &r.URL},
		{"the text of a reference", m.GetText(), &r.Text}, {"a version", m.GetVersion(), &r.Version},
	})
	if err != nil {
		return schema.Ref{}, err
	}
	return r, nil
}

// EncodeBlob returns b as the wire has it.
func EncodeBlob(b schema.Blob) *pb.Blob {
	return &pb.Blob{Id: []byte(b.ID), Sha256: text(b.SHA256), Size: b.Size}
}

// DecodeBlob is the inverse of EncodeBlob.
func DecodeBlob(m *pb.Blob) schema.Blob {
	return schema.Blob{ID: string(m.GetId()), SHA256: m.GetSha256(), Size: m.GetSize()}
}

// EncodeRecord returns r as the wire has it.
func EncodeRecord(r *schema.Record) *pb.Record {
	m := &pb.Record{Kind: text(string(r.Kind)), Id: []byte(r.ID), Revision: []byte(r.Revision), Body: r.Body}
	if r.Parent != nil {
		m.Parent = EncodeKey(*r.Parent)
	}
	for _, k := range r.After {
		m.After = append(m.After, EncodeKey(k))
	}
	if r.Blob != nil {
		m.Blob = EncodeBlob(*r.Blob)
	}
	return m
}

// DecodeRecord is the inverse of EncodeRecord. The record passes its Check.
func DecodeRecord(m *pb.Record) (*schema.Record, error) {
	r := &schema.Record{
		Kind: schema.Kind(m.GetKind()), ID: string(m.GetId()), Revision: string(m.GetRevision()), Body: m.GetBody(),
	}
	if m.GetBlob() != nil {
		b := DecodeBlob(m.Blob)
		r.Blob = &b
	}
	if len(m.GetAfter()) > schema.MaxAfter {
		return nil, fmt.Errorf("%s names more than %d records to stand after", describe(r), schema.MaxAfter)
	}
	if m.GetParent() != nil {
		parent, err := DecodeKey(m.Parent)
		if err != nil {
			return nil, fmt.Errorf("%s has a parent with %w", describe(r), err)
		}
		r.Parent = &parent
	}
	for _, k := range m.GetAfter() {
		key, err := DecodeKey(k)
		if err != nil {
			return nil, fmt.Errorf("%s stands after a record with %w", describe(r), err)
		}
		r.After = append(r.After, key)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return r, nil
}

func describe(r *schema.Record) string {
	return schema.Printable(human(string(r.Kind) + " " + r.ID))
}

// EncodeMessage returns m as the wire has it.
func EncodeMessage(m providers.Message) (*pb.Message, error) {
	switch {
	case m.Record != nil:
		return encodeRecordMessage(m.Record), nil
	case m.Checkpoint != nil:
		return &pb.Message{Message: &pb.Message_Checkpoint{Checkpoint: []byte(*m.Checkpoint)}}, nil
	case m.Failed != nil:
		return &pb.Message{Message: &pb.Message_Failed{Failed: encodeItemFailed(*m.Failed)}}, nil
	case m.Gone != nil:
		return &pb.Message{Message: &pb.Message_Gone{Gone: EncodeKey(*m.Gone)}}, nil
	case m.Throttled != nil:
		return &pb.Message{Message: &pb.Message_Throttled{Throttled: encodeThrottle(m.Throttled)}}, nil
	case m.Kept != nil:
		return &pb.Message{Message: &pb.Message_Kept{Kept: EncodeKey(*m.Kept)}}, nil
	case m.Whole != nil:
		return &pb.Message{Message: &pb.Message_Whole{Whole: EncodeKey(*m.Whole)}}, nil
	case m.Loss != nil:
		return &pb.Message{Message: &pb.Message_Loss{Loss: encodeLoss(*m.Loss)}}, nil
	case m.End != nil:
		return &pb.Message{Message: &pb.Message_End{End: &pb.StreamEnd{
			Counts: EncodeCounts(m.End.Counts), Complete: m.End.Complete, Next: []byte(m.End.Next),
		}}}, nil
	}
	return nil, errors.New("a message with nothing in it")
}

// encodeRecordMessage replaces a record that is too large for the wire with
// the news that it could not be read: one object must not end the stream.
func encodeRecordMessage(r *schema.Record) *pb.Message {
	if len(r.Body) <= schema.MaxBody {
		return &pb.Message{Message: &pb.Message_Record{Record: EncodeRecord(r)}}
	}
	return &pb.Message{Message: &pb.Message_Failed{Failed: encodeItemFailed(providers.ItemFailed{
		Key:     r.Key(),
		Problem: providers.Errorf(providers.CodeInvalid, "the body has %d bytes; the limit is %d", len(r.Body), schema.MaxBody),
	})}}
}

// DecodeMessage is the inverse of EncodeMessage. A record that fails its Check
// comes back as Failed when its key is sound: one object must not end the
// stream.
func DecodeMessage(m *pb.Message) (providers.Message, error) {
	switch m := m.GetMessage().(type) {
	case *pb.Message_Record:
		return decodeRecordMessage(m.Record)
	case *pb.Message_Checkpoint:
		cursor, err := DecodeCursor(m.Checkpoint)
		return providers.Message{Checkpoint: &cursor}, err
	case *pb.Message_Failed:
		failed, err := decodeItemFailed(m.Failed)
		return providers.Message{Failed: &failed}, err
	case *pb.Message_Gone:
		key, err := DecodeKey(m.Gone)
		return providers.Message{Gone: &key}, err
	case *pb.Message_Throttled:
		return providers.Message{Throttled: decodeThrottle(m.Throttled)}, nil
	case *pb.Message_Kept:
		key, err := DecodeKey(m.Kept)
		return providers.Message{Kept: &key}, err
	case *pb.Message_Whole:
		key, err := DecodeKey(m.Whole)
		return providers.Message{Whole: &key}, err
	case *pb.Message_Loss:
		loss, err := decodeLoss(m.Loss)
		return providers.Message{Loss: &loss}, err
	case *pb.Message_End:
		counts, err := DecodeCounts(m.End.GetCounts())
		if err != nil {
			return providers.Message{}, err
		}
		next, err := DecodeCursor(m.End.GetNext())
		return providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: m.End.GetComplete(), Next: next}}, err
	}
	return providers.Message{}, errors.New("a message of a sort that this version does not know")
}

// DecodeCursor reads a place in a stream.
func DecodeCursor(b []byte) (schema.Cursor, error) {
	if len(b) > schema.MaxCursor {
		return "", fmt.Errorf("a cursor of %d bytes; the limit is %d", len(b), schema.MaxCursor)
	}
	return schema.Cursor(b), nil
}

func decodeRecordMessage(m *pb.Record) (providers.Message, error) {
	r, err := DecodeRecord(m)
	if err == nil {
		return providers.Message{Record: r}, nil
	}
	key := schema.Key{Kind: schema.Kind(m.GetKind()), ID: string(m.GetId())}
	if !key.Kind.Known() || key.ID == "" || len(key.ID) > schema.MaxID {
		return providers.Message{}, err
	}
	return providers.Message{Failed: &providers.ItemFailed{
		Key: key,
		Problem: &providers.Error{
			Code: providers.CodeInternal, Message: "the provider sent an unfit record: " + err.Error(),
			Hint: "report it to the provider's author",
		},
	}}, nil
}

func encodeItemFailed(f providers.ItemFailed) *pb.ItemFailed {
	return &pb.ItemFailed{
		Key: EncodeKey(f.Key), Title: []byte(human(f.Title)), Url: []byte(human(f.URL)), Problem: EncodeError(f.Problem),
	}
}

func decodeItemFailed(m *pb.ItemFailed) (providers.ItemFailed, error) {
	key, err := DecodeKey(m.GetKey())
	if err != nil {
		return providers.ItemFailed{}, fmt.Errorf("a failure of %w", err)
	}
	problem := DecodeError(m.Problem)
	if problem == nil {
		problem = &providers.Error{Code: providers.CodeInternal, Message: "the provider gave no reason"}
	}
	return providers.ItemFailed{
		Key: key, Title: human(string(m.Title)), URL: human(string(m.Url)), Problem: problem,
	}, nil
}

func encodeThrottle(t *providers.Throttle) *pb.Throttle {
	if t == nil {
		return nil
	}
	return &pb.Throttle{Until: encodeTime(t.Until), Reason: []byte(human(t.Reason))}
}

func decodeThrottle(m *pb.Throttle) *providers.Throttle {
	if m == nil {
		return nil
	}
	return &providers.Throttle{Until: decodeTime(m.Until), Reason: human(string(m.Reason))}
}

// EncodeProgress returns p as the wire has it.
func EncodeProgress(p providers.Progress) *pb.Progress {
	return &pb.Progress{
		Phase: text(human(p.Phase)), Done: p.Done, Total: p.Total, Unit: text(human(p.Unit)),
		Throttled: encodeThrottle(p.Throttled),
	}
}

// DecodeProgress is the inverse of EncodeProgress.
func DecodeProgress(m *pb.Progress) providers.Progress {
	return providers.Progress{
		Phase: human(m.GetPhase()), Done: m.GetDone(), Total: m.GetTotal(), Unit: human(m.GetUnit()),
		Throttled: decodeThrottle(m.GetThrottled()),
	}
}
