#!/bin/sh
# Makes two Subversion repositories and a Mercurial one in old, and starts the
# servers in front of them. sh stop.sh ends the servers. It needs svn, svnserve,
# hg, and apache2 with mod_dav_svn, and exits with 77 when one is missing.
set -eu
cd "$(dirname "$0")"
apache=$(command -v apache2 || echo /usr/sbin/apache2)
modules=${APACHE_MODULES:-/usr/lib/apache2/modules}
for needed in svn svnadmin svnserve hg; do
	command -v $needed >/dev/null || { echo "$needed is not installed" >&2; exit 77; }
done
[ -x "$apache" ] && [ -f "$modules/mod_dav_svn.so" ] || { echo "apache2 with mod_dav_svn is not installed" >&2; exit 77; }
test ! -d old || sh stop.sh
rm -rf old new drover.state.db*
mkdir old old/svn

# Port 0 asks the system for a free one, and then tells which.
free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport'
}

commit() { # WHO MESSAGE, in the working copy
	svn commit --quiet --username "$1" --no-auth-cache --message "$2"
	svn update --quiet
}

for name in charts signals; do
	svnadmin create old/svn/$name
	svn checkout --quiet "file://$PWD/old/svn/$name" old/work
	(
		cd old/work
		trunk=trunk branches=branches
		test $name = charts || trunk=main branches=releases
		mkdir $trunk $branches
		echo "North is up." >$trunk/README
		svn add --quiet $trunk $branches
		commit ada "Begin $name"
		svn copy --quiet $trunk $branches/1.x
		commit bo "Branch for 1.x"
		echo "North is up, west is left." >$trunk/README
		commit ada "Say where west is"
		cd $branches/1.x
		svn merge --quiet "^/$trunk"
		commit bo "Merge"
	)
	rm -rf old/work
done
printf '[general]\nanon-access = none\nauth-access = read\npassword-db = passwd\nrealm = harbour\n' >old/svn/charts/conf/svnserve.conf
printf '[users]\nmigrate = windward\n' >old/svn/charts/conf/passwd
(umask 077 && printf windward >old/svn-password)

export HGRCPATH=
hg init old/log
(
	cd old/log
	echo "Left harbour." >log
	hg commit --quiet --addremove --user "Ada Lund <ada@harbour.example>" --message "First entry"
	hg branch --quiet night
	head -c 2000000 /dev/zero >photograph
	hg commit --quiet --addremove --user bo --message "Add a photograph"
	hg update --quiet default
	hg merge --quiet night
	hg commit --quiet --user "Ada Lund <ada@harbour.example>" --message "Merge the night"
	hg tag --user ada home
)

svn_port=$(free_port)
svnserve --daemon --listen-host 127.0.0.1 --listen-port "$svn_port" --root "$PWD/old/svn" --pid-file "$PWD/old/svnserve.pid"
hg_port=$(free_port)
hg serve --daemon --address 127.0.0.1 --port "$hg_port" --pid-file "$PWD/old/hg.pid" --repository old/log >/dev/null
http_port=$(free_port)
web=$PWD/old/svn
if [ "$(id -u)" = 0 ]; then # apache serves as another user then, who may not look in here
	web=$(mktemp -d)
	echo "$web" >old/web
	cp -R old/svn/signals "$web"
	chown -R www-data "$web"
fi
load() { test -f "$modules/mod_$1.so" && echo "LoadModule $1_module $modules/mod_$1.so"; }
{
	for module in mpm_event authn_core authz_core dav dav_svn; do load $module; done
	cat <<END
ServerName localhost
Listen 127.0.0.1:$http_port
PidFile $PWD/old/apache.pid
ErrorLog $PWD/old/apache.log
DefaultRuntimeDir $PWD/old
<Location />
  DAV svn
  SVNParentPath $web
  Require all granted
</Location>
END
	test "$(id -u)" != 0 || printf 'User www-data\nGroup www-data\n'
} >old/apache.conf
"$apache" -f "$PWD/old/apache.conf" -k start

cat >servers.plan.hcl.json <<END
{
  "locals": {
    "svnserve": "svn://127.0.0.1:$svn_port",
    "http": "http://127.0.0.1:$http_port",
    "mercurial": "http://127.0.0.1:$hg_port"
  }
}
END
for port in "$svn_port" "$hg_port" "$http_port"; do
	perl -MIO::Socket::INET -e 'for (1..200) { exit 0 if IO::Socket::INET->new("127.0.0.1:$ARGV[0]"); select undef, undef, undef, 0.05 } exit 1' "$port"
done
