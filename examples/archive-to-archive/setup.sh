#!/bin/sh
# Makes the git repository of the archive from tides.fast-import. Its records
# are plain files and are there already.
set -eu
cd "$(dirname "$0")"
repository=archive/harbor/tides.git
[ ! -e "$repository" ] || exit 0
git init -q --bare -b main "$repository"
git -C "$repository" fast-import --quiet <tides.fast-import
