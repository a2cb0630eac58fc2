package imports

import (
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// version is that of a GitLab, as far as features go: 1805 is 18.5. Zero is the
// newest.
type version int

// The versions that brought something, or changed it.
const (
	projectEntities   version = 1511
	timeoutStrategies version = 1605
	apiInHostname     version = 1605 // until plainHostname
	failureLists      version = 1606
	eventsAlways      version = 1609
	bitbucketNewPath  version = 1610
	bitbucketCloudAPI version = 1700
	transferCancel    version = 1701
	plainHostname     version = 1702
	chosenMemberships version = 1706
	pageSizes         version = 1707
)

// versionOf is what a server says of itself.
func versionOf(v api.Version) version { return version(v.Major*100 + v.Minor) }

func (v version) has(feature version) bool { return v == 0 || v >= feature }

func (v version) String() string { return fmt.Sprintf("%d.%d", int(v)/100, int(v)%100) }

// lacks refuses what this GitLab cannot do yet.
func (v version) lacks(what string, since version, attribute, hint string) error {
	return &providers.Error{Code: providers.CodeUnsupported, Op: "start an import", Attribute: attribute,
		Message: fmt.Sprintf("this is GitLab %s, and %s came with %s", v, what, since), Hint: hint}
}
