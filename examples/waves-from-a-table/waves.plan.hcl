# The repositories and their waves are rows of a table. The connections are in
# connections.plan.hcl.json: all plan files of a folder are one plan.

variable "wave" {
  type        = number
  default     = 2
  description = "The last wave to carry over."

  validation {
    condition     = var.wave >= 1
    error_message = "Waves count from 1."
  }
}

locals {
  rows = { for row in csvdecode(file("repositories.csv")) : row.old => row }
  due  = { for old, row in local.rows : old => row if tonumber(row.wave) <= var.wave }
}

authors "people" {
  csv       = ["people.csv"]
  unmatched = "error" # nobody in a history may be missing from the table
}

repository "row" {
  for_each         = local.due
  source           = source.git.old
  target           = target.directory.new
  authors          = authors.people
  vcs_url          = "old/${each.key}"
  target_namespace = each.value.group
  new_name         = each.value.name

  precondition {
    condition     = can(regex("^[a-z][a-z0-9-]*$", self.new_name))
    error_message = "${each.value.name} is no name for a new repository: lower-case letters, digits and hyphens only."
  }
}
