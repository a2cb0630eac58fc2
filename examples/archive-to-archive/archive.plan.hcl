# Copies one repository with all its records from one archive into another, and
# into a third one without its members and its timeline.

source "directory" "old" {
  path = "archive"
}

target "directory" "internal" {
  path = "copy/internal"
}

target "directory" "public" {
  path = "copy/public"
}

profile "tides" {
  source           = source.directory.old
  repo_path        = "harbor/tides"
  target_namespace = "harbor"
}

repository "internal" {
  profile = profile.tides
  target  = target.directory.internal
}

repository "public" {
  profile    = profile.tides
  target     = target.directory.public
  new_name   = "tide-tables"
  depends_on = [repository.internal] # begins when that one has ended

  items {
    exclude = ["member", "event"]
  }
}
