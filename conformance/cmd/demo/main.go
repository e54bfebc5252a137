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

	"justice-wallet/conformance/rig"
)

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object a step")
	keysIn := flag.String("keys", "", "where private keys are: file, pkcs11 (SoftHSM2; build with -tags pkcs11) or kms (an emulator); memory when empty")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, rig.Options{RedisURL: os.Getenv("REDIS_URL"), KeysIn: *keysIn}, *asJSON, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
