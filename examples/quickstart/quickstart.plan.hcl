# Two repositories into a folder: the checkout this file belongs to, and a small
# one that comes with it as a git bundle.
drover {
  required_version = ">= 0.3.0, < 1.0.0"

  state {
    path = "../../build/demo/state.db"
  }
}

source "git" "here" {}

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
