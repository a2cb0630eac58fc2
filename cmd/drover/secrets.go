package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/drover-migrate/drover/schema"
)

// operator is what the person who runs Drover allows, as opposed to what a plan
// asks for. It comes from the operator's own file and environment, never from
// the plan's folder.
type operator struct {
	AllowedSecretCommands []string `json:"allowed_secret_commands"`
	ProviderDirs          []string `json:"provider_dirs"`

	// PlanProviders lets a plan bring its providers in .drover/providers. A
	// plan can come from a pull request, so this is off unless asked for.
	PlanProviders bool `json:"plan_providers"`
}

// readOperator reads $XDG_CONFIG_HOME/drover/config.json and the environment.
func readOperator() (operator, error) {
	var o operator
	dir, err := os.UserConfigDir()
	if err == nil {
		file := filepath.Join(dir, "drover", "config.json")
		data, err := os.ReadFile(file)
		if err == nil {
			if err := json.Unmarshal(data, &o); err != nil {
				return o, usage("%s is not the JSON that drover expects: %v", file, err)
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return o, fmt.Errorf("read the operator's settings: %w", err)
		}
	}
	o.AllowedSecretCommands = append(o.AllowedSecretCommands, split(os.Getenv("DROVER_ALLOWED_SECRET_COMMANDS"), ",")...)
	o.PlanProviders = o.PlanProviders || os.Getenv("DROVER_PLAN_PROVIDERS") == "1"
	o.ProviderDirs = append(o.ProviderDirs, split(os.Getenv("DROVER_PROVIDER_DIRS"), string(os.PathListSeparator))...)
	return o, nil
}

func split(s, sep string) []string {
	var list []string
	for _, part := range strings.Split(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// vault reads the texts of secrets, each at most once.
type vault struct {
	app      *app
	operator operator
	secrets  map[string]schema.Secret

	mu    sync.Mutex
	texts map[string]string
}

// learn makes secrets known by name.
func (v *vault) learn(secrets map[string]schema.Secret) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.secrets == nil {
		v.secrets = map[string]schema.Secret{}
	}
	maps.Copy(v.secrets, secrets)
}

// text returns a secret's text and makes the redactor know it.
func (v *vault) text(ctx context.Context, name string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if t, ok := v.texts[name]; ok {
		return t, nil
	}
	s, ok := v.secrets[name]
	if !ok {
		return "", &failure{code: exitCredentials, err: fmt.Errorf("secret %q is not declared", name)}
	}
	t, err := v.read(ctx, s)
	if err == nil && t == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		at := ""
		if !s.Range.IsZero() {
			at = " (" + s.Range.String() + ")"
		}
		return "", &failure{code: exitCredentials, err: fmt.Errorf("secret %q%s: %w", name, at, err)}
	}
	v.app.redact.add(t)
	if v.texts == nil {
		v.texts = map[string]string{}
	}
	v.texts[name] = t
	return t, nil
}

func (v *vault) read(ctx context.Context, s schema.Secret) (string, error) {
	switch {
	case s.Env != "":
		t, ok := os.LookupEnv(s.Env)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return t, nil
	case s.File != "":
		return readSecretFile(v.app.path(s.File))
	case len(s.Command) > 0:
		return v.run(ctx, s)
	}
	return v.ask(ctx, s)
}

func readSecretFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("its file cannot be read: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("its file %s can be read by others (mode %04o); chmod 600 it", path, info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("its file cannot be read: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// run runs a secret's command, without a shell, if the operator allows its
// first word: a plan may come from a pull request.
func (v *vault) run(ctx context.Context, s schema.Secret) (string, error) {
	if !slices.Contains(v.operator.AllowedSecretCommands, s.Command[0]) {
		return "", fmt.Errorf("its command %q is not allowed; add it to allowed_secret_commands in your drover/config.json, or to DROVER_ALLOWED_SECRET_COMMANDS", s.Command[0])
	}
	limit := 30 * time.Second
	if d, err := time.ParseDuration(s.Timeout); err == nil {
		limit = d
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	cmd.Dir = v.app.dir()
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("its command %q did not answer within %s", s.Command[0], limit)
		}
		return "", fmt.Errorf("its command %q failed: %w", s.Command[0], err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// ask asks on the terminal, without showing what is typed. When ctx ends first,
// the terminal shows again what is typed.
func (v *vault) ask(ctx context.Context, s schema.Secret) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", errors.New("it is to be typed in, and there is no terminal; give it env, file or command instead")
	}
	defer tty.Close()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return "", fmt.Errorf("it could not be read from the terminal: %w", err)
	}
	question := s.Prompt
	if question == "" {
		question = s.Name
	}
	fmt.Fprintf(tty, "%s: ", schema.Printable(question))
	type line struct {
		text []byte
		err  error
	}
	answer := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(int(tty.Fd()))
		answer <- line{text, err}
	}()
	select {
	case typed := <-answer:
		fmt.Fprintln(tty)
		if typed.err != nil {
			return "", fmt.Errorf("it could not be read from the terminal: %w", typed.err)
		}
		return string(typed.text), nil
	case <-ctx.Done():
		fmt.Fprintln(tty)
		return "", errors.Join(ctx.Err(), term.Restore(int(tty.Fd()), before))
	}
}
