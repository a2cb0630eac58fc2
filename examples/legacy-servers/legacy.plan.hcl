# Old servers into a folder: Subversion behind svnserve with a password,
# Subversion over http, and Mercurial behind hg serve. What listens where is in
# servers.plan.hcl.json, which setup.sh writes.

secret "svn" {
  file = "old/svn-password"
}

source "vcs" "harbour" {
  vcs_username = "migrate"
  vcs_password = secret.svn
}

source "vcs" "open" {}

target "directory" "new" {
  path = "new"
}

authors "people" {
  svn_authors = ["authors.txt"]
  unmatched   = "synthesize"
}

profile "legacy" {
  target           = target.directory.new
  target_namespace = "legacy"
  authors          = authors.people
}

# What stands there is detected, the layout too.
repository "charts" {
  profile = profile.legacy
  source  = source.vcs.harbour
  vcs_url = "${local.svnserve}/charts"
}

repository "signals" {
  profile = profile.legacy
  source  = source.vcs.open
  vcs     = "subversion"
  vcs_url = "${local.http}/signals"

  layout {
    trunk    = "main"
    branches = ["releases/*"]
  }
}

repository "log" {
  profile  = profile.legacy
  source   = source.vcs.open
  vcs_url  = local.mercurial
  new_name = "log"

  large_files {
    threshold = "1MB"
    use_lfs   = "opt_in"
  }
}
