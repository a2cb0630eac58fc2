// Package attribution writes and reads the traces that a migrated text carries:
// one line that says what the target could not keep, and a marker that names
// the object at the source. All forges get the same form, so that people
// recognise it and programs find it:
//
//	> **Ada Lovelace** (`ada`) commented on 2021-03-04 10:00 UTC · [original](<https://…>)
//
//	The text, as it was.
//
//	<!-- drover comment 42 -->
//
// It renders nothing and knows no forge. Texts are Markdown.
//
// # Why
//
// A name is what a stranger chose to be called. Whatever it holds, the line must
// not mention anybody, refer to an issue, or break out of its place: display
// names keep letters, digits and little else, and user names stand in code,
// which no forge searches for mentions.
//
// The marker is a comment of HTML on the last line, because every forge keeps
// it, none shows it, and people who edit a text rarely touch what they do not
// see. A front matter or a link would be seen.
package attribution
