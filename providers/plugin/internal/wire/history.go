package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

func lossRuns(losses []schema.Loss) [][]*pb.Loss {
	list := make([]*pb.Loss, len(losses))
	for i, l := range losses {
		list[i] = encodeLoss(l)
	}
	return Split(list)
}

func encodeLoss(l schema.Loss) *pb.Loss {
	return &pb.Loss{
		Code: text(l.Code), Message: []byte(l.Message), Path: []byte(l.Path),
		Ref: []byte(l.Ref), Revision: []byte(l.Revision), Count: l.Count,
	}
}

func decodeLoss(m *pb.Loss) (schema.Loss, error) {
	l := schema.Loss{Count: m.GetCount()}
	if l.Count < 1 {
		return l, fmt.Errorf("a loss that was met %d times", l.Count)
	}
	var err error
	if l.Code, err = word("the code of a loss", m.GetCode()); err != nil {
		return l, err
	}
	err = decodeNames([]nameField{
		{"the message of a loss", m.GetMessage(), &l.Message}, {"the path of a loss", m.GetPath(), &l.Path},
		{"the ref of a loss", m.GetRef(), &l.Ref}, {"the revision of a loss", m.GetRevision(), &l.Revision},
	})
	return l, err
}

// nameField is a field that holds what a system named.
type nameField struct {
	what string
	from []byte
	to   *string
}

func decodeNames(fields []nameField) error {
	for _, field := range fields {
		var err error
		if *field.to, err = name(field.what, field.from); err != nil {
			return err
		}
	}
	return nil
}

// EncodeDetection returns d as the wire has it.
func EncodeDetection(d providers.Detection) *pb.DetectResponse {
	m := &pb.DetectResponse{Found: d.Found}
	for _, c := range d.Choices {
		m.Choices = append(m.Choices, &pb.ProjectChoice{Label: []byte(c.Label), Settings: c.Settings})
	}
	return m
}

// DecodeDetection is the inverse of EncodeDetection.
func DecodeDetection(m *pb.DetectResponse) (providers.Detection, error) {
	d := providers.Detection{Found: m.GetFound()}
	if len(m.GetChoices()) > maxTable {
		return d, fmt.Errorf("%d choices; the limit is %d", len(m.GetChoices()), maxTable)
	}
	for _, c := range m.GetChoices() {
		label, err := name("the label of a choice", c.GetLabel())
		if err != nil {
			return d, err
		}
		var settings map[string]json.RawMessage
		if err := DecodeJSON("the settings of a choice", c.GetSettings(), &settings); err != nil {
			return d, err
		}
		d.Choices = append(d.Choices, providers.ProjectChoice{Label: label, Settings: c.GetSettings()})
	}
	return d, nil
}

// EncodeVerified sends v as one or more messages.
func EncodeVerified(v providers.Verified, send func(*pb.Verified) error) error {
	list := make([]*pb.GitDifference, len(v.Differences))
	for i, d := range v.Differences {
		list[i] = &pb.GitDifference{Path: []byte(d.Path), Problem: []byte(d.Problem)}
	}
	ahead, last := popLast(Split(list))
	for _, differences := range ahead {
		if err := send(&pb.Verified{More: true, Differences: differences}); err != nil {
			return err
		}
	}
	return send(&pb.Verified{
		Ref: []byte(v.Ref), Revision: []byte(v.Revision), Commit: text(v.Commit), Files: v.Files, Differences: last,
	})
}

// Verifieds puts the messages of EncodeVerified together again. The zero value
// is ready for a stream.
type Verifieds struct {
	differences []providers.GitDifference
	budget
}

// Add takes the next message, and returns a comparison and true when it was the
// last of one.
func (s *Verifieds) Add(m *pb.Verified) (providers.Verified, bool, error) {
	var v providers.Verified
	for _, d := range m.GetDifferences() {
		var difference providers.GitDifference
		err := decodeNames([]nameField{{"a path", d.GetPath(), &difference.Path}, {"a difference", d.GetProblem(), &difference.Problem}})
		if err == nil {
			err = s.spend(len(d.GetPath()) + len(d.GetProblem()))
		}
		if err != nil {
			return v, false, err
		}
		s.differences = append(s.differences, difference)
	}
	if m.GetMore() {
		return v, false, nil
	}
	v.Files, v.Differences = m.GetFiles(), s.differences
	*s = Verifieds{}
	var err error
	if v.Commit, err = word("a commit", m.GetCommit()); err != nil {
		return v, false, err
	}
	if v.Commit == "" {
		return v, false, errors.New("a comparison of no commit")
	}
	err = decodeNames([]nameField{{"a ref name", m.GetRef(), &v.Ref}, {"a revision", m.GetRevision(), &v.Revision}})
	return v, true, err
}
