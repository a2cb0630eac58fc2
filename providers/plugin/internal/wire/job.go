package wire

import (
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// EncodeImport returns r as the wire has it.
func EncodeImport(session string, r providers.ImportRequest) *pb.ImportRequest {
	m := &pb.ImportRequest{
		Session: session, Source: text(r.Source), Settings: r.Settings, Secrets: make(map[string][]byte, len(r.Secrets)),
		Block: text(r.Block), Repo: EncodeRepo(r.Repo), FullName: []byte(r.FullName), Url: []byte(r.URL),
		Place: EncodePlace(r.Place), Expected: EncodeCounts(r.Expected), Largest: encodeSized(r.Largest),
	}
	for name, secret := range r.Secrets {
		m.Secrets[text(name)] = []byte(secret)
	}
	return m
}

// DecodeImport is the inverse of EncodeImport.
func DecodeImport(m *pb.ImportRequest) (r providers.ImportRequest, err error) {
	r = providers.ImportRequest{
		Source: m.GetSource(), Settings: m.GetSettings(), Block: m.GetBlock(), Repo: DecodeRepo(m.GetRepo()),
		FullName: string(m.GetFullName()), URL: string(m.GetUrl()),
	}
	for name, secret := range m.GetSecrets() {
		if r.Secrets == nil {
			r.Secrets = map[string]string{}
		}
		r.Secrets[name] = string(secret)
	}
	if r.Place, err = DecodePlace(m.GetPlace()); err != nil {
		return r, err
	}
	if r.Largest, err = decodeSized(m.GetLargest()); err != nil {
		return r, err
	}
	r.Expected, err = DecodeCounts(m.GetExpected())
	return r, err
}

// EncodeJob returns a job without its entities as the wire has it; nil is none.
func EncodeJob(j schema.Job) ([]byte, error) {
	if j.ID == "" && j.State == "" {
		return nil, nil
	}
	j.Entities = nil
	return json.Marshal(j)
}

// DecodeJob is the inverse of EncodeJob.
func DecodeJob(m []byte) (j schema.Job, err error) {
	if len(m) == 0 {
		return j, nil
	}
	err = DecodeJSON("a job", m, &j)
	return j, err
}

// EncodeStatus sends s as one or more messages.
func EncodeStatus(s providers.ImportStatus, send func(*pb.JobStatus) error) error {
	job, err := EncodeJob(s.Job)
	if err != nil {
		return err
	}
	if err := send(&pb.JobStatus{Job: job}); err != nil {
		return err
	}
	next, size := &pb.JobStatus{}, 0
	add := func(list *[][]byte, v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		*list = append(*list, b)
		if size += len(b); size < Chunk {
			return nil
		}
		full := next
		next, size = &pb.JobStatus{}, 0
		return send(full)
	}
	for i := range s.Job.Entities {
		if err := add(&next.Entities, s.Job.Entities[i]); err != nil {
			return err
		}
	}
	for i := range s.Failures {
		if err := add(&next.Failures, s.Failures[i]); err != nil {
			return err
		}
	}
	if size == 0 {
		return nil
	}
	return send(next)
}

// Statuses puts the messages of EncodeStatus together again. The zero value is
// ready for a stream.
type Statuses struct {
	Status providers.ImportStatus
	budget
}

// Add takes the next message of the stream.
func (s *Statuses) Add(m *pb.JobStatus) error {
	if len(m.GetJob()) > 0 {
		job, err := DecodeJob(m.GetJob())
		if err != nil {
			return err
		}
		job.Entities = s.Status.Job.Entities
		s.Status.Job = job
	}
	for _, b := range m.GetEntities() {
		var entity schema.JobEntity
		if err := s.decode("an entity of a job", b, &entity); err != nil {
			return err
		}
		s.Status.Job.Entities = append(s.Status.Job.Entities, entity)
	}
	for _, b := range m.GetFailures() {
		var failure schema.JobFailure
		if err := s.decode("a failure of a job", b, &failure); err != nil {
			return err
		}
		s.Status.Failures = append(s.Status.Failures, failure)
	}
	return nil
}

func (s *Statuses) decode(what string, b []byte, into any) error {
	if err := s.spend(len(b)); err != nil {
		return err
	}
	return DecodeJSON(what, b, into)
}
