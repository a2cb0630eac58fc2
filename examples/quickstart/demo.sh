#!/bin/sh
# Migrates two repositories into build/demo, shows every step, and migrates them
# again to show that there is nothing left to do. It writes nowhere else.
set -eu
cd "$(dirname "$0")"
top=$(cd ../.. && pwd)
rm -rf "$top/build/demo"
mkdir -p "$top/build/demo/tmp"
export TMPDIR="$top/build/demo/tmp"

run() {
	printf '\n$ drover %s\n' "$*"
	"$top/bin/drover" "$@"
}

run plan --out "$top/build/demo/first.changeset"
run apply "$top/build/demo/first.changeset"
run apply --yes
run verify
run status

cat <<END

The repositories are in build/demo/archive:

$(cd "$top/build/demo/archive" && find . -name '*.git' -type d | sort | sed 's,^\./,  build/demo/archive/,')

What to type next:

  git clone build/demo/archive/examples/signals/lantern.git /tmp/lantern
  bin/drover --chdir examples/quickstart authors list lantern
  bin/drover --chdir examples/quickstart explain repository.lantern
  cat examples/quickstart/quickstart.plan.hcl     # then write your own: docs/
END
