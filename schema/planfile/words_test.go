package planfile

import (
	"testing"
)

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "12": 12, "7B": 7, "100MB": 100_000_000, "1 kB": 1000, "1.5GB": 1_500_000_000,
		"1KiB": 1024, "1.5MiB": 1_572_864, "2 GiB": 2 << 30,
		"": -1, "MB": -1, "-1": -1, "1mb": -1, "1TB": -1, "1e9": -1, "0.3B": -1, "99999999999GB": -1, "1.2.3": -1, "1/2": -1, "100 parsecs": -1,
	} {
		got, err := byteSize(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d; want %d (%v)", text, got, want, err)
		}
	}
}
