// Package markup turns the Markdown that Bitbucket Cloud stores into the Markdown
// that other forges read. It is a pure function over text, and changes nothing but
// what would be shown as it stands elsewhere:
//
//   - "{: data-inline-card=” }" behind a link, which Bitbucket's editor leaves;
//   - mentions, which name an account by an id in braces, and get its name beside
//     the id: "@{557058:ca1c Ada Lovelace}";
//   - "pull request #12", which is another number than issue #12, and becomes
//     "pull request !12".
//
// What is code stays as it is. Texts in Creole, which old issues have, are not
// Markdown; who reads them says so.
//
// # Why it knows code by itself
//
// What becomes of references at a target is decided by a Markdown parser, once all
// numbers are known. This comes before: it makes the text one that the parser can
// read. Fences, spans and indented blocks are all that it has to know for that, and
// where a text is neither clearly code nor clearly prose it is left alone.
package markup
