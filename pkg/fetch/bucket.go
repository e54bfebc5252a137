package fetch

import "time"

// bucket holds up to burst tokens and gains one each time every has passed.
type bucket struct {
	burst  int
	every  time.Duration
	tokens int
	last   time.Time // when the newest token was gained
}

func newBucket(burst int, every time.Duration) bucket {
	return bucket{burst: burst, every: every, tokens: burst}
}

// take spends a token if there is one.
func (b *bucket) take(now time.Time) bool {
	if gained := int(now.Sub(b.last) / b.every); gained > 0 && !b.last.IsZero() {
		b.tokens = min(b.burst, b.tokens+gained)
		b.last = b.last.Add(time.Duration(gained) * b.every)
	}
	if b.tokens == b.burst || now.Before(b.last) { // full, or the clock went back: count from now
		b.last = now
	}
	if b.tokens == 0 {
		return false
	}
	b.tokens--
	return true
}
