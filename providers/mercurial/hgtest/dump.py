"""prints every revision of every log of a repository"""

import hashlib

from mercurial import registrar
from mercurial.node import hex

cmdtable = {}
command = registrar.command(cmdtable)


@command(b'dumptexts', [], b'hg dumptexts')
def dumptexts(ui, repo):
    repo = repo.unfiltered()

    def dump(name, log):
        for rev in range(len(log)):
            text = log.rawdata(rev)
            p1, p2 = log.parentrevs(rev)
            digest = hashlib.sha1(text).hexdigest().encode()
            ui.write(
                b'%s\0%d %s %d %d %d %d %d %s\x01'
                % (name, rev, hex(log.node(rev)), p1, p2, log.linkrev(rev), len(text), log.flags(rev), digest)
            )

    changelog = repo.changelog
    dump(b'changelog', getattr(changelog, '_revlog', changelog))
    dump(b'manifest', repo.manifestlog.getstorage(b'')._revlog)
    files = set()
    for rev in repo:
        files.update(repo[rev].manifest())
    for path in sorted(files):
        dump(b'file ' + path, repo.file(path)._revlog)
