package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

const providerPrefix = "drover-provider-"

// installed is a provider's executable and why it was chosen.
type installed struct {
	Name string
	Path string
	From string
}

// finder looks for providers in the order that the documentation promises:
// --provider-dev, the plan's own .drover/providers if the operator trusts
// plans that far, the operator's folders, the user's data folder, the folder of
// the drover program, and the PATH.
type finder struct {
	dev  map[string]string
	dirs []struct{ path, from string }
}

func (a *app) finder(o operator) (*finder, error) {
	f := &finder{dev: map[string]string{}}
	for _, text := range a.providerDev {
		name, path, ok := strings.Cut(text, "=")
		if !ok || !providerName.MatchString(name) {
			return nil, usage("--provider-dev %q: write NAME=PATH", text)
		}
		f.dev[name] = path
	}
	add := func(path, from string) {
		f.dirs = append(f.dirs, struct{ path, from string }{path, from})
	}
	if o.PlanProviders {
		add(a.path(filepath.Join(".drover", "providers")), "plan")
	}
	for _, dir := range o.ProviderDirs {
		add(dir, "operator")
	}
	if dir := dataDir(); dir != "" {
		add(filepath.Join(dir, "drover", "providers"), "user")
	}
	if self, err := os.Executable(); err == nil {
		add(filepath.Dir(self), "drover")
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			add(dir, "PATH")
		}
	}
	return f, nil
}

// dataDir is where a user's programs keep their data, by the XDG rules.
func dataDir() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share")
	}
	return ""
}

var providerName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

func (f *finder) find(name string) (installed, error) {
	if !providerName.MatchString(name) {
		return installed{}, usage("%q cannot be the name of a provider", name)
	}
	if path, ok := f.dev[name]; ok {
		return installed{name, path, "--provider-dev"}, nil
	}
	for _, dir := range f.dirs {
		path := filepath.Join(dir.path, providerPrefix+name)
		if isProgram(path) {
			return installed{name, path, dir.from}, nil
		}
	}
	return installed{}, &failure{
		code: exitProvider, err: fmt.Errorf("provider %q is not installed", name),
		hint: fmt.Sprintf("put %s%s beside drover or on the PATH; drover provider list shows what there is", providerPrefix, name),
	}
}

// all lists the providers that find would choose, by name.
func (f *finder) all() []installed {
	found := map[string]installed{}
	for name, path := range f.dev {
		found[name] = installed{name, path, "--provider-dev"}
	}
	for _, dir := range f.dirs {
		entries, err := os.ReadDir(dir.path)
		if err != nil {
			continue // a folder that is not there holds no provider
		}
		for _, e := range entries {
			name, ok := strings.CutPrefix(e.Name(), providerPrefix)
			path := filepath.Join(dir.path, e.Name())
			if _, have := found[name]; ok && !have && providerName.MatchString(name) && isProgram(path) {
				found[name] = installed{name, path, dir.from}
			}
		}
	}
	list := make([]installed, 0, len(found))
	for _, i := range found {
		list = append(list, i)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func isProgram(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil || errors.Is(err, exec.ErrDot)
}
