package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Jobs returns the last job of a forge for each resource that had one, by
// address, or that of one resource when address is not empty.
func (s *Store) Jobs(ctx context.Context, address schema.Address) (map[schema.Address]schema.Job, error) {
	const doing = "read the jobs of forges"
	jobs := map[schema.Address]schema.Job{}
	generation, err := generationOf(ctx, s.reader)
	if err != nil || generation < 5 {
		return jobs, s.explain(ctx, doing, err)
	}
	type line struct{ address, json string }
	fields := func(l *line) []any { return []any{&l.address, &l.json} }
	err = s.snapshot(ctx, doing, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT address, job FROM job JOIN resource ON resource.id = resource_id
			WHERE ?1 = '' OR address = ?1`, string(address))
		err = each(rows, err, fields, func(l line) error {
			var job schema.Job
			if err := readJSON(l.address, l.json, &job); err != nil {
				return err
			}
			jobs[schema.Address(l.address)] = job
			return nil
		})
		if err != nil {
			return err
		}
		rows, err = tx.QueryContext(ctx, `
			SELECT address, entity FROM job_entity JOIN resource ON resource.id = resource_id
			WHERE ?1 = '' OR address = ?1 ORDER BY resource_id, position`, string(address))
		return each(rows, err, fields, func(l line) error {
			var entity schema.JobEntity
			if err := readJSON(l.address, l.json, &entity); err != nil {
				return err
			}
			job := jobs[schema.Address(l.address)]
			job.Entities = append(job.Entities, entity)
			jobs[schema.Address(l.address)] = job
			return nil
		})
	})
	return jobs, err
}

func readJSON(address, text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("%s: %w", schema.Printable(address), err)
	}
	return nil
}

// Job returns the last job of a forge for a resource; the zero Job when there
// was none.
func (s *Store) Job(ctx context.Context, address schema.Address) (schema.Job, error) {
	jobs, err := s.Jobs(ctx, address)
	return jobs[address], err
}

// SaveJob records how a job of a forge stands, in the place of what was known of
// a job before. The zero Job forgets it.
func (l *Ledger) SaveJob(ctx context.Context, job schema.Job) error {
	const doing = "save the job of a forge"
	entities := job.Entities
	job.Entities = nil
	text, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return l.write(ctx, doing, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM job WHERE resource_id = ?", l.id); err != nil {
			return err
		}
		if job.ID == "" && job.StartedAt.IsZero() {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO job (resource_id, state, job) VALUES (?, ?, ?)", l.id, string(job.State), string(text)); err != nil {
			return err
		}
		for i := range entities {
			entity, err := json.Marshal(&entities[i])
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO job_entity (resource_id, position, entity) VALUES (?, ?, ?)", l.id, i, string(entity)); err != nil {
				return err
			}
		}
		return nil
	})
}
