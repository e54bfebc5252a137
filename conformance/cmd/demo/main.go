// Command demo shows the main job end to end, with real cryptography and the real wire: issue, present, check, revoke,
// check again. It exits 0 only if every step held.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
	_ "time/tzdata" // days are counted in London, wherever this runs
)

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object a step")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Getenv("REDIS_URL"), *asJSON, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
