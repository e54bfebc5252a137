// Package faultpoint names the steps at which a test may have a process fail. Only a program built with the tag
// faultinject has them: in any other, every call here is nothing.
//
// FAULT in the environment says what fails: a list, apart by commas, of NAME:kill (the process dies as by kill -9),
// NAME:err (the step fails), or NAME:stall:DURATION (it goes on after that time). FAULT_CLOCK names a file that holds by how
// much the clock is wrong, as "-1h", and FAULT_SYNCED one that is told, after each sync of a journal, how many bytes of it
// are on the disk: a journal cut to that length is one after a loss of power.
package faultpoint
