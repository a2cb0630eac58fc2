package gitlabtest

import "slices"

// packageRoutes are those of generic packages, in which release assets can be kept.
func packageRoutes(add adding) {
	at := "projects/{id}/packages/generic/{name}/{version}/{file}"
	add("PUT "+at, writer("package_registry", Developer), func(c *call) (reply, error) {
		f := &PackageFile{ID: c.next("package file"), Name: c.r.PathValue("name"), Version: c.r.PathValue("version"), File: c.r.PathValue("file"), Data: c.body, Created: c.clock()}
		f.Package = c.packageOf(f)
		c.project.Packages = append(c.project.Packages, f)
		if c.text("select") == "package_file" {
			return created(object{"id": f.ID, "package_id": f.Package, "file_name": f.File, "size": len(f.Data), "created_at": stamp(f.Created), "file_sha256": digest(string(f.Data))})
		}
		return created(object{"message": "201 Created"})
	})
	add("GET "+at, reader("package_registry"), func(c *call) (reply, error) {
		all := slices.Clone(c.project.Packages)
		slices.Reverse(all)
		for _, f := range all {
			if f.Name == c.r.PathValue("name") && f.Version == c.r.PathValue("version") && f.File == c.r.PathValue("file") {
				return ok(file{kind: kindOf(f.File), name: f.File, data: f.Data})
			}
		}
		return reply{}, missing("")
	})
}

// packageOf is the id of the package that a file belongs to.
func (c *call) packageOf(f *PackageFile) int64 {
	for _, o := range c.project.Packages {
		if o.Name == f.Name && o.Version == f.Version {
			return o.Package
		}
	}
	return c.next("package")
}
