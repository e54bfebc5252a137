// Package soak kills, cuts off and robs the real programs, again and again, and then looks whether anything that was
// acknowledged is missing: the issuer and the verifier as they are built, a redis-server of its own or two, and nothing
// but loopback between them.
//
// Whoever judges is outside: a client that writes every answer of 2xx to a file and has it synced before it goes on, and
// conformance/listwatch, which reads the published lists with no code of ours. After each round it must hold that
//   - no acknowledged ending is missing from the published list,
//   - no place was given twice,
//   - nothing that ended is called valid by the verifier beyond the freshness that is promised, and
//   - listwatch has no alarm of a list that went back.
package soak
