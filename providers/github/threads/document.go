package threads

import (
	"fmt"
	"strings"
)

// document is a query with the fragments that it uses. GitHub refuses one that
// holds others.
func document(query string, sizes sizes) string {
	var b strings.Builder
	b.WriteString(query)
	done := map[string]bool{}
	for open := []string{query}; len(open) > 0; open = open[1:] {
		for _, name := range spreads(open[0]) {
			if !done[name] {
				done[name] = true
				text := fragment(name, sizes)
				b.WriteString("\n" + text)
				open = append(open, text)
			}
		}
	}
	return b.String()
}

// spreads are the names of the fragments that a selection spreads.
func spreads(text string) []string {
	var names []string
	for _, rest := range strings.Split(text, "...")[1:] {
		if name, _, _ := strings.Cut(rest, " "); name != "" { // else it is "... on"
			names = append(names, name)
		}
	}
	return names
}

// sizes are the lengths of the lists that come with their thread.
type sizes struct{ page, few int }

// fragment is the text of a fragment by its name.
func fragment(name string, n sizes) string {
	switch name {
	case "Who":
		return `fragment Who on Actor { __typename login ... on User { databaseId name } ... on Bot { databaseId } ... on Mannequin { databaseId } ... on Organization { databaseId name } }`
	case "Issue":
		return fmt.Sprintf(`fragment Issue on Issue {
  __typename id number repository { id } title body url author { ...Who } createdAt lastEditedAt closedAt
  issueState: state stateReason(enableDuplicate: true) locked activeLockReason isPinned milestone { number }
  assignees(first: %[1]d) { nodes { ...Who } pageInfo { ...Page } }
  labels(first: %[1]d) { nodes { name } pageInfo { ...Page } }
  subIssues { totalCount }
  reactions { totalCount }
  comments(first: %[2]d) { nodes { ...Comment } pageInfo { ...Page } }
  timelineItems(first: %[1]d, itemTypes: [%[3]s]) { nodes { ...IssueEvent } pageInfo { ...Page } }
}`, n.few, n.page, itemTypes(onIssue))
	case "Change":
		return fmt.Sprintf(`fragment Change on PullRequest {
  __typename id number repository { id } title body url author { ...Who } createdAt lastEditedAt closedAt
  changeState: state isDraft locked activeLockReason milestone { number } mergedAt mergedBy { ...Who } mergeCommit { oid }
  headRefName headRefOid headRef { name } isCrossRepository headRepository { nameWithOwner } baseRefName baseRefOid baseRef { name }
  assignees(first: %[1]d) { nodes { ...Who } pageInfo { ...Page } }
  labels(first: %[1]d) { nodes { name } pageInfo { ...Page } }
  reviewRequests(first: %[1]d) { nodes { requestedReviewer { ...Who } } pageInfo { ...Page } }
  reviews { totalCount }
  reviewThreads { totalCount }
  reactions { totalCount }
  comments(first: %[2]d) { nodes { ...Comment } pageInfo { ...Page } }
  timelineItems(first: %[1]d, itemTypes: [%[3]s]) { nodes { ...ChangeEvent } pageInfo { ...Page } }
}`, n.few, n.page, itemTypes(onChange))
	case "Discussion":
		return fmt.Sprintf(`fragment Discussion on Discussion {
  __typename id number repository { id } title body url author { ...Who } createdAt lastEditedAt closed closedAt
  locked category { name }
  labels(first: %[1]d) { nodes { name } pageInfo { ...Page } }
  reactions { totalCount }
  comments(first: %[1]d) { nodes { ...Answer } pageInfo { ...Page } }
}`, n.few)
	case "Comment":
		return `fragment Comment on IssueComment { id fullDatabaseId body url author { ...Who } createdAt lastEditedAt isMinimized minimizedReason reactions { totalCount } }`
	case "Answer":
		return `fragment Answer on DiscussionComment { ...Reply replies { totalCount } }`
	case "Reply":
		return `fragment Reply on DiscussionComment { id databaseId body url author { ...Who } createdAt lastEditedAt deletedAt isAnswer isMinimized minimizedReason replyTo { id databaseId url } reactions { totalCount } }`
	case "Review":
		return `fragment Review on PullRequestReview { id fullDatabaseId body url author { ...Who } createdAt submittedAt reviewState: state commit { oid } }`
	case "Thread":
		return fmt.Sprintf(`fragment Thread on PullRequestReviewThread {
  id diffSide startDiffSide isResolved isOutdated path line startLine originalLine originalStartLine subjectType
  comments(first: %d) { nodes { ...Note } pageInfo { ...Page } }
}`, n.few)
	case "Note":
		return `fragment Note on PullRequestReviewComment { id fullDatabaseId body url author { ...Who } createdAt lastEditedAt isMinimized minimizedReason
  path diffHunk outdated line startLine originalLine originalStartLine commit { oid } originalCommit { oid } pullRequestReview { id fullDatabaseId url } replyTo { id fullDatabaseId url } reactions { totalCount } }`
	case "Reaction":
		return `fragment Reaction on Reaction { content createdAt user { ...Who } }`
	case "Page":
		return `fragment Page on PageInfo { hasNextPage endCursor }`
	case "IssueEvent":
		return "fragment IssueEvent on IssueTimelineItems {" + eventFields(onIssue) + "}"
	case "ChangeEvent":
		return "fragment ChangeEvent on PullRequestTimelineItems {" + eventFields(onChange) + "}"
	}
	panic("threads: there is no fragment " + name)
}

// threadsQuery asks for the threads with the given numbers, as t0, t1, ... The
// numbers are variables, so that servers meet the same document again and again.
func threadsQuery(numbers []int64, discussions bool, n sizes) (string, map[string]any) {
	var head, body strings.Builder
	variables := map[string]any{}
	for i, number := range numbers {
		fmt.Fprintf(&head, ", $n%d: Int!", i)
		variables[fmt.Sprintf("n%d", i)] = number
		if discussions {
			fmt.Fprintf(&body, " t%d: discussion(number: $n%d) { ...Discussion }", i, i)
		} else {
			fmt.Fprintf(&body, " t%d: issueOrPullRequest(number: $n%d) { ...Issue ...Change }", i, i)
		}
	}
	return document("query($repo: ID!"+head.String()+") { repository: node(id: $repo) { ... on Repository { id"+body.String()+" } } }", n), variables
}

// itemTypes are the lines of a timeline that are asked for.
func itemTypes(on place) string {
	var names []string
	for _, line := range lines() {
		if line.on&on != 0 {
			names = append(names, constant(line.typename))
		}
	}
	return strings.Join(names, ", ")
}

// constant is the value of the enumeration of a timeline's types that stands for
// a type.
func constant(typename string) string {
	var b strings.Builder
	for i, r := range typename {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

func eventFields(on place) string {
	var b strings.Builder
	b.WriteString(" __typename\n")
	for _, line := range lines() {
		if line.on&on != 0 {
			fmt.Fprintf(&b, "  ... on %s { id createdAt actor { ...Who }%s }\n", line.typename, line.fields)
		}
	}
	return b.String()
}
