package schema

// Job is an import that a forge carries out by itself: GitLab's importers pull
// from the source when they are told to. Drover starts it, asks how far it is,
// and can cancel it.
type Job struct {
	// ID names the job at the forge. Only the provider reads it. Empty: the job
	// was about to be started, and may have been.
	ID  string `json:"id"`
	URL string `json:"url,omitempty"` // where people look at it

	State JobState `json:"state"`

	// Status is the forge's own word for the state, and Text what it says of
	// it.
	Status string `json:"status,omitempty"`
	Text   string `json:"text,omitempty"`

	// Target is what the job fills, as far as that is known.
	Target Ref `json:"target,omitzero"`

	// HasFailures says that single objects failed, whatever State is.
	HasFailures bool `json:"has_failures,omitempty"`

	// Cancelable says that the forge would still cancel it.
	Cancelable bool `json:"cancelable,omitempty"`

	// Counts are what the forge tells of its work, by kind. What it counts and
	// Drover has no kind for stands under the forge's own word.
	Counts Counts `json:"counts,omitempty"`

	// Entities are the groups and projects of a direct transfer, each group
	// before what is in it.
	Entities []JobEntity `json:"entities,omitempty"`

	StartedAt Time `json:"started_at,omitzero"`
	UpdatedAt Time `json:"updated_at,omitzero"` // when the forge last did something for it
}

// JobState is how far a job has come.
type JobState string

// The states of a job. The empty state is that of a job that was about to be
// started.
const (
	JobQueued    JobState = "queued"
	JobImporting JobState = "importing"
	JobFinished  JobState = "finished" // it may have failures all the same
	JobFailed    JobState = "failed"
	JobCanceled  JobState = "canceled"
	JobTimeout   JobState = "timeout" // the forge gave up waiting
)

// Ended reports whether nothing more comes of a job.
func (s JobState) Ended() bool {
	switch s {
	case JobFinished, JobFailed, JobCanceled, JobTimeout:
		return true
	}
	return false
}

// JobEntity is one group or project of a direct transfer. Its fields and their
// names are those of GitLab's listing of entities
// (https://docs.gitlab.com/api/bulk_imports/).
type JobEntity struct {
	ID                   int64               `json:"id"`
	BulkImportID         int64               `json:"bulk_import_id"`
	Status               string              `json:"status"`      // created, started, finished, timeout, failed, canceled
	EntityType           string              `json:"entity_type"` // group, project
	SourceFullPath       string              `json:"source_full_path"`
	DestinationFullPath  string              `json:"destination_full_path"`
	DestinationName      string              `json:"destination_name"`
	DestinationSlug      string              `json:"destination_slug"`
	DestinationNamespace string              `json:"destination_namespace"`
	ParentID             *int64              `json:"parent_id"`
	NamespaceID          *int64              `json:"namespace_id"`
	ProjectID            *int64              `json:"project_id"`
	CreatedAt            Time                `json:"created_at"`
	UpdatedAt            Time                `json:"updated_at"`
	Failures             []JobFailure        `json:"failures"`
	MigrateProjects      bool                `json:"migrate_projects"`
	MigrateMemberships   bool                `json:"migrate_memberships"`
	HasFailures          bool                `json:"has_failures"`
	Stats                map[string]JobStats `json:"stats"` // by relation; one that was not counted is absent
}

// JobStats is how much of a relation a job has moved.
type JobStats struct {
	Source   int64 `json:"source"`   // at the source, as it said
	Fetched  int64 `json:"fetched"`  // read there
	Imported int64 `json:"imported"` // stored
}

// JobFailure is one object that a job could not move.
type JobFailure struct {
	Relation      string `json:"relation"`
	Step          string `json:"step"` // extractor, transformer, loader, ...
	Class         string `json:"exception_class"`
	Message       string `json:"exception_message"`
	CorrelationID string `json:"correlation_id_value"`
	SourceURL     string `json:"source_url,omitempty"`
	SourceTitle   string `json:"source_title,omitempty"`
	CreatedAt     Time   `json:"created_at,omitzero"`
}
