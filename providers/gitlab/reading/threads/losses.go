package threads

// What no record carries, by the code of its loss.
const (
	lostNotes  = "gitlab.system_notes"
	lostEvents = "gitlab.events"
	lostHeads  = "gitlab.merge_request_heads"
	lostFields = "gitlab.issue_fields"
)

func lossText(code string) string {
	switch code {
	case lostNotes:
		return "notes in which the server says what happened are left out; what they say of state, labels and milestone is carried as events"
	case lostEvents:
		return "events of labels and milestones that were deleted since are left out"
	case lostHeads:
		return "the server no longer gives out the head of merge requests that ended long ago; commits of theirs that no branch or tag leads to are not carried"
	case lostFields:
		return "weights, iterations, epics and health of issues are left out"
	}
	return code
}
