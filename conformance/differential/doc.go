// Package differential holds no code, only tests: our decoders beside independent ones, on inputs made to be misread.
//
// What ours accept, the others accept, and read the same. What ours refuse and another accepts is listed in the test, each
// kind with the reason; a difference that is not listed fails, and so does a line of the list that nothing shows any more.
//
// CBOR, COSE, JOSE and an mdoc's IssuerSigned have an independent decoder in Go. DeviceResponses and SD-JWTs have theirs in
// JavaScript (conformance/interop, build tag interop), in one process that is asked line by line.
//
// The inputs follow from a seed. DIFFERENTIAL_ROUNDS and DIFFERENTIAL_SEED make more of them, and others.
package differential
