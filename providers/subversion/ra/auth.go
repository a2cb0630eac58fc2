package ra

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/schema"
)

// The mechanisms that we can sign in with.
const (
	external  = "EXTERNAL"
	cramMD5   = "CRAM-MD5"
	anonymous = "ANONYMOUS"
	plain     = "PLAIN"
)

// maxMechanisms is how many offered mechanisms are looked at.
const maxMechanisms = 32

// authorize reads an auth-request and answers it.
func (c *conn) authorize() error {
	var offered []string
	var realm string
	err := c.response(func() {
		c.open()
		for c.more() && len(offered) < maxMechanisms {
			offered = append(offered, c.word())
		}
		c.close()
		if c.more() {
			realm = c.text(maxSaid)
		}
	})
	if err != nil || len(offered) == 0 {
		return err
	}
	mechanism := c.choose(offered)
	switch mechanism {
	case "":
		return c.unwilling(offered, realm)
	case cramMD5:
		c.send("( %s ( ) )", mechanism)
	case plain:
		// SASL's tokens are in base64 here, except for CRAM-MD5.
		token := "\x00" + c.options.Username + "\x00" + c.options.Password
		c.send("( %s ( %s ) )", mechanism, quote(base64.StdEncoding.EncodeToString([]byte(token))))
	default:
		c.send("( %s ( %s ) )", mechanism, quote(""))
	}
	return c.challenged(mechanism, realm)
}

// choose returns the mechanism to sign in with. With credentials those are
// used even where none are needed, because they may let us see more.
func (c *conn) choose(offered []string) string {
	var wanted []string
	if c.tunnel != nil {
		wanted = append(wanted, external)
	}
	if c.options.Username != "" {
		wanted = append(wanted, cramMD5)
	}
	wanted = append(wanted, anonymous)
	if c.options.Username != "" && c.private {
		wanted = append(wanted, plain)
	}
	for _, mechanism := range wanted {
		if slices.Contains(offered, mechanism) {
			return mechanism
		}
	}
	return ""
}

// unwilling says why we do not sign in.
func (c *conn) unwilling(offered []string, realm string) error {
	switch {
	case c.options.Username == "" && (slices.Contains(offered, cramMD5) || slices.Contains(offered, plain)):
		return remote.SignIn(false, realm)
	case slices.Contains(offered, plain):
		return &providers.Error{Code: providers.CodeUnsupported, Message: "the server wants the password sent in the clear over the network",
			Hint: "use svn+ssh:// or an ssh tunnel to this machine, or have the server offer CRAM-MD5"}
	}
	return &providers.Error{Code: providers.CodeUnsupported, Hint: "have the server offer CRAM-MD5, or use svn+ssh://",
		Message: "the server offers no way to sign in that is known here, only " + schema.Printable(strings.Join(offered, ", "))}
}

// challenged goes through the exchange that was begun.
func (c *conn) challenged(mechanism, realm string) error {
	c.open()
	status := c.word()
	if status == "step" && mechanism == cramMD5 {
		c.open()
		challenge := c.bytes(maxSaid)
		c.closeBoth()
		mac := hmac.New(md5.New, []byte(c.options.Password))
		mac.Write(challenge)
		c.send("%s", quote(c.options.Username+" "+hex.EncodeToString(mac.Sum(nil))))
		c.open()
		status = c.word()
	}
	c.close()
	switch {
	case c.err != nil:
		return c.err
	case status == "success":
		c.signedIn = mechanism == cramMD5 || mechanism == plain
		return nil
	case status != "failure":
		c.fail("%q in an exchange of %s", status, mechanism)
		return c.err
	case mechanism == external:
		return &providers.Error{Code: providers.CodeAuth, Attribute: "vcs_url", Message: "the server refuses the user that ssh signed in as",
			Hint: "check the user name in vcs_url"}
	}
	return remote.SignIn(mechanism != anonymous, realm)
}
