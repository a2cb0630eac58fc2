#!/bin/sh
# Migrates four repositories into build/demo, shows every step, and migrates them
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
run status repository.tidebook
run revisions repository.tidebook r12 r13 r14 r15

printf '\n$ git log --graph --oneline --all, in the repository that was a Subversion dump\n'
git --git-dir "$top/build/demo/archive/examples/harbour/tidebook.git" log --graph --all --format='%h %an: %s%d'
printf '\n$ the same, in the one that was a Mercurial bundle\n'
git --git-dir "$top/build/demo/archive/examples/harbour/almanac.git" log --graph --all --format='%h %an: %s%d'

cat <<END

The repositories are in build/demo/archive:

$(cd "$top/build/demo/archive" && find . -name '*.git' -type d | sort | sed 's,^\./,  build/demo/archive/,')

What to type next:

  git clone build/demo/archive/examples/signals/lantern.git /tmp/lantern
  bin/drover --chdir examples/quickstart authors list lantern
  bin/drover --chdir examples/quickstart explain repository.lantern
  cat examples/quickstart/quickstart.plan.hcl     # then write your own: docs/
END
