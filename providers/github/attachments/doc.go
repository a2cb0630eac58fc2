// Package attachments finds the files that people attached to their texts on
// GitHub: the URLs that GitHub's own upload makes, in Markdown and in HTML.
//
// It is pure: it reads texts and addresses, and opens nothing. [Host.Parse]
// judges one URL, [Host.Scan] yields those of a text. Who downloads a file asks
// Parse again first, so that nothing but an attachment of the repository is ever
// fetched with its token.
//
// # Shapes
//
// On github.com, and on a host of ghe.com with its own name instead:
//
//	https://github.com/user-attachments/assets/UUID
//	https://github.com/user-attachments/files/ID/NAME
//	https://github.com/OWNER/REPO/assets/ID/UUID
//	https://github.com/OWNER/REPO/files/ID/NAME
//	https://user-images.githubusercontent.com/…
//	https://private-user-images.githubusercontent.com/ID/ID-UUID.EXT?jwt=…
//
// On Enterprise Server, HOST being its host; media.HOST exists where subdomains
// are isolated, /media and /storage where they are not:
//
//	https://HOST/user-attachments/… and https://HOST/OWNER/REPO/… as above
//	https://HOST/storage/user/ID/files/UUID, https://HOST/github-enterprise-assets/…
//	https://media.HOST/user/ID/files/UUID, https://HOST/media/user/ID/files/UUID
//
// OWNER/REPO must be the repository or have been its name: what another
// repository holds is not this one's to carry, and stays a link.
//
// # Why
//
// A URL is found wherever it stands, except in code spans and fenced code,
// instead of only in links and images that a Markdown parser would accept:
// GitHub shows a bare URL of a video as a player, and HTML images are common.
// Indented code is not recognised, because whether an indented line is code
// depends on the list it stands in; an attachment there is carried without need,
// which costs a download and loses nothing.
package attachments
