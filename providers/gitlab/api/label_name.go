package api

import "strings"

const maxLabelName = 255 // bytes

// LabelName is a name that the server takes for a label: without commas, which
// separate labels in requests.
func LabelName(name string) string {
	name = strings.ReplaceAll(strings.Join(strings.Fields(name), " "), ",", ";")
	if len(name) > maxLabelName {
		name = strings.ToValidUTF8(name[:maxLabelName], "")
	}
	return strings.TrimSpace(name)
}
