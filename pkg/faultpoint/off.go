//go:build !faultinject

package faultpoint

import "time"

// Enabled says whether this program can be made to fail.
const Enabled = false

// Hit is a step of that name. It fails only when it was told to.
func Hit(string) error { return nil }

// Clock returns now as this program sees it.
func Clock(now func() time.Time) func() time.Time { return now }

// Synced tells that a journal has so many bytes on the disk.
func Synced(int64) {}
