package githubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
	"github.com/google/go-cmp/cmp"
)

// asked is the answer to a GraphQL query.
type asked struct {
	Status int         `json:"-"`
	Header http.Header `json:"-"`
	Data   json.RawMessage
	Errors []graphql.Error
}

// ask sends a query; variables come in pairs of name and value.
func ask(t testing.TB, s *Server, token, query string, variables ...any) asked {
	t.Helper()
	values := map[string]any{}
	for n := 0; n+1 < len(variables); n += 2 {
		values[variables[n].(string)] = variables[n+1]
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": values})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := asked{Status: response.StatusCode, Header: response.Header}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("status %d: %v: %.300s", response.StatusCode, err, text)
	}
	return a
}

// answer is ask for a query that must succeed.
func answer[T any](t testing.TB, s *Server, token, query string, variables ...any) T {
	t.Helper()
	a := ask(t, s, token, query, variables...)
	if len(a.Errors) > 0 {
		t.Fatalf("%s: %v: %s", query, a.Errors[0].Path, a.Errors[0].Message)
	}
	var into T
	if err := json.Unmarshal(a.Data, &into); err != nil {
		t.Fatalf("%v: %s", err, a.Data)
	}
	return into
}

// TestGraphQLEverything asks every object of the sample for every field that is
// served, and for those of the objects around it. Each value is checked against
// the schema on the way.
func TestGraphQLEverything(t *testing.T) {
	s, _ := sampleServer(t)
	schema, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	ada := &Token{User: s.Model.User("ada"), FineGrained: true}
	beacon, _ := s.Model.Repository("lantern", "beacon")
	for _, state := range []string{"closed", "open"} {
		s.Model.EditIssue(beacon.Issue(1), ada.User, func(i *Issue) { i.State = state })
	}
	unserved := map[string]bool{}
	skip := func(typeName, field string) bool { return unserved[typeName+"."+field] }
	// execute answers a query for o, and learns which fields are not served.
	execute := func(o graphql.Object, text string) (errs []graphql.Error, learned bool) {
		op, errs := schema.Prepare(graphql.Request{Query: text})
		if len(errs) > 0 {
			t.Fatalf("%s: %+v", o.TypeName(), errs[0])
		}
		g := &graph{m: s.Model, token: ada, viewer: ada.User, price: op, refs: map[*Repository][]gitRef{}}
		a := op.Execute(t.Context(), rooted{query{g}, o}, graphql.Options{Report: func(problem string) {
			if field, ok := strings.CutSuffix(problem, " is not served: the stand-in has no resolver for it"); ok {
				unserved[field], learned = true, true
				return
			}
			t.Errorf("%s: %s", o.Field("id", nil), problem)
		}})
		return a.Errors, learned
	}
	// everything asks o for all at once, until all that is left is served: what
	// is not hides others.
	everything := func(o graphql.Object) {
		for {
			errs, learned := execute(o, fmt.Sprintf(`{ node(id: "") { ... on %s %s } }`, o.TypeName(), schema.Everything(o.TypeName(), 1, skip)))
			if learned {
				continue
			}
			for _, e := range errs {
				if e.Type != graphql.Forbidden { // of repositories that ada only reads
					t.Errorf("%s: %v: %s", o.Field("id", nil), e.Path, e.Message)
				}
			}
			return
		}
	}
	all := objects(s.Model, ada)
	seen := map[string]bool{}
	for _, o := range all {
		if !seen[o.TypeName()] { // each field by itself, which is quick
			seen[o.TypeName()] = true
			execute(o, oneByOne(schema, o.TypeName()))
		}
	}
	for _, o := range all {
		everything(o)
	}
	checkServed(t, seen, unserved)
}

// oneByOne is a query for each field of a type in a node of its own, where one
// that fails spoils no other.
func oneByOne(schema *graphql.Schema, typeName string) string {
	var fields []string
	schema.Everything(typeName, 0, func(_, field string) bool { fields = append(fields, field); return true })
	var b strings.Builder
	b.WriteString("{")
	for n, only := range fields {
		one := schema.Everything(typeName, 0, func(_, field string) bool { return field != only })
		fmt.Fprintf(&b, ` f%d: node(id: "") { ... on %s %s }`, n, typeName, one)
	}
	b.WriteString(" }")
	return b.String()
}

// rooted is a root whose node is a given object, whatever the id.
type rooted struct {
	query
	node graphql.Object
}

func (r rooted) Field(name string, c *graphql.Call) any {
	if name == "node" {
		return r.node
	}
	return r.query.Field(name, c)
}

// objects are those of the model that GraphQL shows, in the order of their ids.
func objects(m *Model, token *Token) []graphql.Object {
	g := &graph{m: m, token: token, viewer: token.User, refs: map[*Repository][]gitRef{}}
	var all []graphql.Object
	for _, o := range m.objects {
		if shown := g.object(o); shown != nil {
			all = append(all, shown)
		}
	}
	for _, r := range m.Repositories {
		for _, o := range g.listRefs(r) {
			all = append(all, ref{g, r, o, "refs/"}, commit{g, r, o.target, nil})
		}
		for _, p := range r.Protections {
			all = append(all, protection{g, r, p})
		}
		for _, s := range r.Rulesets {
			all = append(all, ruleset{g, r, s})
		}
		for _, c := range r.Categories {
			all = append(all, category{g, r, c})
		}
	}
	slices.SortFunc(all, func(a, b graphql.Object) int {
		return strings.Compare(a.Field("id", nil).(string), b.Field("id", nil).(string))
	})
	return all
}

// checkServed fails when something that a reader of repositories needs is not
// in the sample or not served.
func checkServed(t *testing.T, seen, unserved map[string]bool) {
	t.Helper()
	needed := map[string]string{
		"Repository": `databaseId nameWithOwner visibility isArchived isFork isEmpty isTemplate diskUsage defaultBranchRef refs description homepageUrl
			repositoryTopics licenseInfo hasIssuesEnabled hasWikiEnabled hasProjectsEnabled hasDiscussionsEnabled mergeCommitAllowed squashMergeAllowed
			rebaseMergeAllowed autoMergeAllowed deleteBranchOnMerge allowUpdateBranch webCommitSignoffRequired forkingAllowed labels milestones issues pullRequests
			discussions discussionCategories releases collaborators branchProtectionRules rulesets commitComments pinnedIssues pinnedDiscussions deployKeys
			environments parent viewerPermission pushedAt updatedAt`,
		"Issue": `fullDatabaseId number title body author authorAssociation state stateReason locked activeLockReason assignees labels milestone comments
			timelineItems reactions reactionGroups subIssues subIssuesSummary parent isPinned closedAt createdAt updatedAt lastEditedAt editor userContentEdits url`,
		"PullRequest": `fullDatabaseId number title body author state isDraft merged mergedAt mergedBy mergeCommit headRefName headRefOid headRef headRepository
			headRepositoryOwner isCrossRepository baseRefName baseRefOid commits files changedFiles additions deletions reviews reviewThreads reviewRequests
			assignees labels milestone comments timelineItems reactions locked activeLockReason maintainerCanModify url`,
		"IssueComment":            `fullDatabaseId body author authorAssociation createdAt updatedAt lastEditedAt reactions isMinimized minimizedReason url`,
		"PullRequestReview":       `fullDatabaseId body author state submittedAt commit comments reactions url`,
		"PullRequestReviewThread": `isResolved resolvedBy isOutdated path line startLine originalLine originalStartLine diffSide startDiffSide subjectType comments`,
		"PullRequestReviewComment": `fullDatabaseId body author diffHunk path line startLine originalLine originalStartLine position originalPosition outdated
			commit originalCommit replyTo pullRequestReview reactions isMinimized minimizedReason subjectType state url`,
		"CommitComment":     `databaseId body author commit path position reactions createdAt url`,
		"Discussion":        `databaseId number title body author category closed closedAt stateReason locked answer answerChosenAt answerChosenBy labels comments reactions upvoteCount url`,
		"DiscussionComment": `databaseId body author isAnswer replies replyTo reactions isMinimized minimizedReason upvoteCount url`,
		"Release":           `databaseId name tagName tagCommit description isDraft isPrerelease author createdAt publishedAt releaseAssets reactions url`,
		"ReleaseAsset":      `name size contentType downloadUrl url uploadedBy createdAt updatedAt`,
		"Gist":              `name description isPublic files comments owner createdAt updatedAt pushedAt url`,
		"GistComment":       `databaseId body author createdAt`,
		"Label":             `name color description isDefault`,
		"Milestone":         `number title description state dueOn closedAt creator`,
		"User":              `login name email databaseId createdAt repositories gists organizations`,
		"Organization":      `login name description repositories membersWithRole teams`,
		"Bot":               `login databaseId`,
		"Commit":            `oid message messageHeadline author committer authoredDate committedDate parents`,
		"ClosedEvent":       `actor createdAt closer stateReason`, "LabeledEvent": `actor label`, "AssignedEvent": `actor assignee`,
		"MilestonedEvent": `milestoneTitle`, "RenamedTitleEvent": `previousTitle currentTitle`, "LockedEvent": `lockReason`,
		"CrossReferencedEvent": `source isCrossRepository willCloseTarget`, "MergedEvent": `commit mergeRefName`,
		"ReviewRequestedEvent": `requestedReviewer`, "HeadRefForcePushedEvent": `beforeCommit afterCommit`, "ReopenedEvent": `actor`,
		"BranchProtectionRule": `pattern requiresApprovingReviews requiredApprovingReviewCount dismissesStaleReviews requiresCodeOwnerReviews requiresStatusChecks
			requiredStatusCheckContexts requiresStrictStatusChecks requiresCommitSignatures requiresLinearHistory requiresConversationResolution
			allowsForcePushes allowsDeletions isAdminEnforced restrictsPushes pushAllowances bypassPullRequestAllowances lockBranch`,
		"RepositoryRuleset": `name target enforcement conditions bypassActors rules`,
	}
	for typeName, fields := range needed {
		if !seen[typeName] {
			t.Errorf("the sample has no %s", typeName)
		}
		for _, field := range strings.Fields(fields) {
			if unserved[typeName+"."+field] {
				t.Errorf("%s.%s is not served", typeName, field)
			}
		}
	}
}

// TestGraphQLAgreesWithREST compares what both interfaces say of the same
// objects.
func TestGraphQLAgreesWithREST(t *testing.T) {
	s, token := sampleServer(t)
	type object struct {
		ID   string `json:"id"`
		Body string `json:"body"`
		URL  string `json:"url"`
	}
	type fromREST struct {
		NodeID string `json:"node_id"`
		Body   string `json:"body"`
		URL    string `json:"html_url"`
	}
	const nodes = "{ nodes { id body url } }"
	for _, test := range []struct{ rest, field string }{
		{"/issues?state=all&per_page=100", "issues(first: 100) " + nodes + " pulls: pullRequests(first: 100) " + nodes},
		{"/pulls?state=all&per_page=100", "pullRequests(first: 100) " + nodes},
		{"/issues/comments?per_page=100", "issues(first: 100) { nodes { comments(first: 100) " + nodes + " } } pulls: pullRequests(first: 100) { nodes { comments(first: 100) " + nodes + " } }"},
		{"/pulls/comments?per_page=100", "pullRequests(first: 50) { nodes { reviewThreads(first: 50) { nodes { comments(first: 50) " + nodes + " } } } }"},
		{"/comments?per_page=100", "commitComments(first: 100) " + nodes},
		{"/releases?per_page=100", "releases(first: 100) { nodes { id body: description url } }"},
		{"/milestones?state=all&per_page=100", "milestones(first: 100) { nodes { id url } }"},
		{"/labels?per_page=100", "labels(first: 100) { nodes { id } }"},
	} {
		for _, name := range []string{"beacon", "docs", "vault"} {
			var rest []fromREST
			get(t, s, token, "/repos/lantern/"+name+test.rest, &rest)
			want, got := map[string]object{}, map[string]object{}
			for _, o := range rest {
				want[o.NodeID] = object{o.NodeID, o.Body, o.URL}
			}
			data := answer[map[string]any](t, s, token, `query($name: String!) { repository(owner: "lantern", name: $name) { `+test.field+` } }`, "name", name)
			walk(data, func(m map[string]any) {
				text := func(key string) string { v, _ := m[key].(string); return v }
				if id := text("id"); id != "" {
					got[id] = object{id, text("body"), text("url")}
				}
			})
			if name == "beacon" && len(want) == 0 {
				t.Errorf("%s: nothing to compare", test.rest)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %s (-REST +GraphQL):\n%s", test.rest, name, diff)
			}
		}
	}
}

// walk calls f for each object of a JSON value.
func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, o := range v {
			walk(o, f)
		}
	case []any:
		for _, o := range v {
			walk(o, f)
		}
	}
}
