# Two projects out of one folder of release tarballs, into an archive.
#
#   drover --chdir plan --provider-dev tarballs=bin/drover-provider-tarballs plan
drover {
  required_version = ">= 0.3.0, < 1.0.0"

  state {
    path = "../build/state.db"
  }
}

source "tarballs" "releases" {
  folder       = "../conformance/releases"
  author_name  = "Release Team"
  author_email = "releases@hello.example"
}

target "directory" "archive" {
  path = "../build/archive"
}

repository "hello" {
  source           = source.tarballs.releases
  target           = target.directory.archive
  project          = "hello"
  target_namespace = "imported"
  new_name         = "hello"
}

repository "world" {
  source           = source.tarballs.releases
  target           = target.directory.archive
  project          = "world"
  target_namespace = "imported"
  new_name         = "world"
}
