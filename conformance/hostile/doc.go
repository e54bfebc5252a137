// Package hostile holds no code, only tests: a catalogue of what an attacker sends, over every endpoint and parser, each
// case with what must come back, why, and where the trick is from.
//
// Whatever is refused leaves nothing behind: no status slot, no document, no offer spent, no word of it in a log; it takes
// bounded time and memory, and the honest holder's own request still works afterwards.
package hostile
