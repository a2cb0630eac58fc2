package providertest

import (
	"fmt"
	"os"

	"github.com/drover-migrate/drover/providers"
)

// kill ends an instance's process at once, as a crash does.
func kill(i Instance) error {
	pid := i.PID()
	if pid == 0 {
		return skip("the provider has no process of its own")
	}
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		return fmt.Errorf("kill the provider: %w", err)
	}
	return nil
}

// again makes a call until it does not end with the news that the process has
// died: a call that comes at the moment of its death may still be told so.
func again(call func() error) error {
	const most = 3
	var err error
	for range most {
		if err = call(); providers.CodeOf(err) != providers.CodeUnavailable {
			return err
		}
	}
	return err
}
