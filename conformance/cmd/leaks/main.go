// Command leaks looks through all that the services produced in a test run for what nobody may be shown, and says how much
// it looked through. A run that kept nothing of a kind proves nothing, and fails.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"justice-wallet/conformance/leaks"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: leaks DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "leaks:", err)
		os.Exit(1)
	}
}

// shown is how many mistakes are told one by one.
const shown = 50

func run(dir string, out io.Writer) error {
	canaries, err := leaks.Synthetic()
	if err != nil {
		return err
	}
	found, counts := 0, map[string]int{}
	seen := map[leaks.Entry]bool{} // most pages come many times
	files, size, err := leaks.Read(dir, func(e leaks.Entry) {
		counts[e.Kind]++
		if one := (leaks.Entry{Kind: e.Kind, Text: e.Text}); !seen[one] {
			seen[one] = true
			for _, said := range canaries.In(e) {
				if found++; found <= shown {
					fmt.Fprintf(out, "%s of %s says %q\n", e.Kind, e.At, said)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "looked through %d bytes in %d files:", size, files)
	var none []error
	for _, kind := range []string{leaks.URL, leaks.Header, leaks.Log, leaks.Page, leaks.StaffPage} {
		fmt.Fprintf(out, " %d %s", counts[kind], kind)
		if counts[kind] == 0 {
			none = append(none, fmt.Errorf("the run kept no %s", kind))
		}
	}
	words := len(slices.Concat(canaries.Unsaid, canaries.Numbers, canaries.Names))
	fmt.Fprintf(out, ", for %d words and the patterns of what may never be shown: %d found\n", words, found)
	if found > 0 {
		none = append(none, fmt.Errorf("%d times something that may not be shown", found))
	}
	return errors.Join(none...)
}
