package did

import (
	"bytes"
	"strings"
)

// alphabet is base58btc (draft-msporny-base58).
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// decodeBase58 fills out with the big-endian number that digits spells; ok is false when it does not fit, or a digit is
// of another alphabet. Callers fix the number of digits, so that there is one spelling.
func decodeBase58(out []byte, digits string) (ok bool) {
	clear(out)
	for i := range len(digits) {
		carry := strings.IndexByte(alphabet, digits[i])
		if carry < 0 {
			return false
		}
		for j := len(out) - 1; j >= 0; j-- {
			carry += int(out[j]) * 58
			out[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	return true
}

// encodeBase58 spells number with n digits; number must fit them.
func encodeBase58(number []byte, n int) string {
	rest := bytes.Clone(number)
	digits := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		remainder := 0
		for j, b := range rest {
			remainder = remainder<<8 | int(b)
			rest[j] = byte(remainder / 58)
			remainder %= 58
		}
		digits[i] = alphabet[remainder]
	}
	return string(digits)
}
