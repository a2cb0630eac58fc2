package standin

import "os"

// Soak reports whether tests try everything rather than a sample, because
// DROVER_SOAK is set.
func Soak() bool { return os.Getenv("DROVER_SOAK") != "" }

// NextDeath is the request at which a test kills a program after it killed it at the
// n-th: a sample of them, and each with [Soak]. After 0, which stands for a life
// without a death, comes the first.
func NextDeath(n int) int {
	if n == 0 || Soak() {
		return n + 1
	}
	return n + 5
}
