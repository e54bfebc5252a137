// Command vectors writes our own test vectors anew: the same bytes every time, unless what makes them has changed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"justice-wallet/conformance/vectors/own"
)

func main() {
	dir := flag.String("dir", "conformance/vectors/own", "where to write them")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "vectors:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := own.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := f.Encode()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
