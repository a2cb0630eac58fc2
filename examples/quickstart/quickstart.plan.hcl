# Four repositories into a folder: the checkout this file belongs to, and three
# small ones that come with it, as a git bundle, a Subversion dump and a Mercurial
# bundle.
drover {
  required_version = ">= 0.3.0, < 1.0.0"

  state {
    path = "../../build/demo/state.db"
  }
}

source "git" "here" {}

# The system behind a vcs_url is detected.
source "vcs" "old" {}

target "directory" "archive" {
  path = "../../build/demo/archive"
}

authors "people" {
  unmatched = "keep"

  author "wosei@users.lantern.example" { # by e-mail, as the history has it
    name  = "Wanda Osei"
    email = "wanda@lantern.example"
  }
}

repository "drover" {
  source           = source.git.here
  target           = target.directory.archive
  vcs_url          = "../.."
  target_namespace = "tools"
  new_name         = "drover"
}

repository "lantern" {
  source           = source.git.here
  target           = target.directory.archive
  vcs_url          = "lantern.bundle"
  target_namespace = "examples/signals"
  new_name         = "lantern"
  authors          = authors.people
}

# Old histories know logins, not people. Who is not in the table stays
# LOGIN <LOGIN@REPOSITORY-ID>.
authors "harbour" {
  unmatched = "synthesize"

  author "ingrid" {
    name  = "Ingrid Solberg"
    email = "ingrid@harbour.example"
  }

  author "jory" {
    name  = "Jory Nance"
    email = "jory@almanac.example"
  }
}

repository "tidebook" {
  source           = source.vcs.old
  target           = target.directory.archive
  vcs_url          = "tidebook.svndump"
  target_namespace = "examples/harbour"
  authors          = authors.harbour
}

repository "almanac" {
  source           = source.vcs.old
  target           = target.directory.archive
  vcs_url          = "almanac.hg"
  target_namespace = "examples/harbour"
  authors          = authors.harbour
}
