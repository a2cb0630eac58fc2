package api

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The types of what a direct transfer brings.
const (
	GroupEntity   = "group_entity"
	ProjectEntity = "project_entity"
)

// BulkImportRequest asks for a direct transfer from another GitLab.
// https://docs.gitlab.com/api/bulk_imports/
type BulkImportRequest struct {
	Configuration BulkImportConfiguration `json:"configuration"`
	Entities      []BulkImportWanted      `json:"entities"`
}

// BulkImportConfiguration is how the source is reached.
type BulkImportConfiguration struct {
	URL   string `json:"url"`
	Token string `json:"access_token"`
}

// BulkImportWanted is a group or project to be brought.
type BulkImportWanted struct {
	SourceType           string `json:"source_type"`
	SourceFullPath       string `json:"source_full_path"`
	DestinationSlug      string `json:"destination_slug"`
	DestinationNamespace string `json:"destination_namespace"` // empty: a group goes to the top
	MigrateProjects      *bool  `json:"migrate_projects,omitempty"`
	MigrateMemberships   *bool  `json:"migrate_memberships,omitempty"`
}

// BulkImport is a direct transfer.
type BulkImport struct {
	ID          int64     `json:"id"`
	Status      string    `json:"status"` // created, started, finished, timeout, failed, canceled
	SourceType  string    `json:"source_type"`
	SourceURL   string    `json:"source_url"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	HasFailures bool      `json:"has_failures"`
}

// BulkEntity is a group or project of a direct transfer.
type BulkEntity struct {
	ID                   int64                `json:"id"`
	BulkImportID         int64                `json:"bulk_import_id"`
	Status               string               `json:"status"`
	EntityType           string               `json:"entity_type"` // group, project; empty before GitLab 15.11
	SourceFullPath       string               `json:"source_full_path"`
	DestinationFullPath  string               `json:"destination_full_path"`
	DestinationName      string               `json:"destination_name"`
	DestinationSlug      string               `json:"destination_slug"`
	DestinationNamespace string               `json:"destination_namespace"`
	ParentID             *int64               `json:"parent_id"`
	NamespaceID          *int64               `json:"namespace_id"`
	ProjectID            *int64               `json:"project_id"`
	CreatedAt            time.Time            `json:"created_at"`
	UpdatedAt            time.Time            `json:"updated_at"`
	Failures             BulkFailures         `json:"failures"`
	MigrateProjects      bool                 `json:"migrate_projects"`
	MigrateMemberships   bool                 `json:"migrate_memberships"`
	HasFailures          bool                 `json:"has_failures"`
	Stats                map[string]BulkStats `json:"stats"`
}

// BulkStats count the objects of a relation.
type BulkStats struct {
	Source   int64 `json:"source"`
	Fetched  int64 `json:"fetched"`
	Imported int64 `json:"imported"`
}

// BulkFailure is an object that a direct transfer could not store. Which of its
// fields are told depends on the version.
type BulkFailure struct {
	Relation      string    `json:"relation"`
	Step          string    `json:"step"`
	PipelineClass string    `json:"pipeline_class"`
	PipelineStep  string    `json:"pipeline_step"`
	Class         string    `json:"exception_class"`
	Message       string    `json:"exception_message"`
	CorrelationID string    `json:"correlation_id_value"`
	SourceURL     string    `json:"source_url"`
	SourceTitle   string    `json:"source_title"`
	CreatedAt     time.Time `json:"created_at"`
}

// BulkFailures are failures. The documentation shows one of them where the server
// gives a list, so either is taken.
type BulkFailures []BulkFailure

func (f *BulkFailures) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '{' {
		*f = make(BulkFailures, 1)
		return json.Unmarshal(data, &(*f)[0])
	}
	var list []BulkFailure
	err := json.Unmarshal(data, &list)
	*f = list
	return err
}

// StartBulkImport starts a direct transfer.
func (c *Client) StartBulkImport(ctx context.Context, in BulkImportRequest) (BulkImport, error) {
	return ask[BulkImport](ctx, c, call{Method: http.MethodPost, To: []any{"bulk_imports"}, Body: in, Op: "start the direct transfer", Subject: in.Configuration.URL})
}

// BulkImport tells how a direct transfer stands.
func (c *Client) BulkImport(ctx context.Context, id int64) (BulkImport, error) {
	return ask[BulkImport](ctx, c, call{To: []any{"bulk_imports", id}, Op: "ask about the direct transfer", Subject: id})
}

// CancelBulkImport cancels a direct transfer, even one that has ended.
func (c *Client) CancelBulkImport(ctx context.Context, id int64) (BulkImport, error) {
	return ask[BulkImport](ctx, c, call{Method: http.MethodPost, To: []any{"bulk_imports", id, "cancel"}, Op: "cancel the direct transfer", Subject: id})
}

// BulkEntities lists what a direct transfer brings.
func (c *Client) BulkEntities(ctx context.Context, id int64) iter.Seq2[BulkEntity, error] {
	return pages[BulkEntity](ctx, c, call{To: []any{"bulk_imports", id, "entities"}, Op: "list what the direct transfer brings", Subject: id})
}

// AllBulkEntities lists what all direct transfers of the user bring, the newest
// first.
func (c *Client) AllBulkEntities(ctx context.Context) iter.Seq2[BulkEntity, error] {
	return pages[BulkEntity](ctx, c, call{To: []any{"bulk_imports", "entities"}, Query: url.Values{"sort": {"desc"}}, Op: "list direct transfers", Subject: "the user"})
}

// BulkEntityFailures lists what could not be stored of one entity.
func (c *Client) BulkEntityFailures(ctx context.Context, id, entity int64) (BulkFailures, error) {
	// The server gives a list, in pages; its documentation an object. One page is
	// asked for at a time because an object is no list to page through.
	var all BulkFailures
	for number := 1; ; number++ {
		var some BulkFailures
		k := call{To: []any{"bulk_imports", id, "entities", entity, "failures"}, Into: &some,
			Op: "list failures of the direct transfer", Subject: id}
		if number > 1 {
			k.Query = url.Values{"page": {strconv.Itoa(number)}}
		}
		answer, err := c.http.Do(ctx, c.ours(k))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if answer.Next() == "" || len(some) == 0 {
			return all, nil
		}
	}
}
