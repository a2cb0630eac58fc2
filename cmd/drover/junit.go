package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/providertest"
)

// junitSuite is a report as JUnit XML has it, in the form that CI systems read.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnitFile writes a report to a file, whole or not at all.
func writeJUnitFile(path string, r providertest.Report) error {
	var b bytes.Buffer
	if err := writeJUnit(&b, r); err != nil {
		return err
	}
	temp := path + ".partial"
	if err := os.WriteFile(temp, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	return nil
}

// writeJUnit writes a report. A provider that did not start is one case with an
// error, so that a CI job that looks only at this file turns red.
func writeJUnit(w io.Writer, r providertest.Report) error {
	const suite = "drover provider test"
	s := junitSuite{Name: suite, Failures: r.Count(providertest.Failed), Skipped: r.Count(providertest.Skipped)}
	if r.Err != nil {
		s.Errors = 1
		s.Cases = append(s.Cases, junitCase{Class: suite, Name: "start", Time: seconds(0), Error: message(shownText(r.Err.Error()))})
	}
	var total time.Duration
	for _, c := range r.Checks {
		total += c.Elapsed
		one := junitCase{Class: r.Provider + "." + c.Area, Name: c.Name, Time: seconds(c.Elapsed)}
		switch c.Result {
		case providertest.Failed:
			one.Failure = message(c.Detail)
		case providertest.Skipped:
			one.Skipped = message(c.Detail)
		}
		s.Cases = append(s.Cases, one)
	}
	s.Tests, s.Time = len(s.Cases), seconds(total)
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

// message has the first line where lists show it.
func message(text string) *junitMessage {
	first, _, _ := strings.Cut(text, "\n")
	return &junitMessage{Message: first, Text: text}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
