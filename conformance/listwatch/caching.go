package listwatch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// checkCaching looks at what caches are told: they must be able to ask again cheaply, and never keep a list for longer
// than its ttl says or beyond its end.
func checkCaching(h http.Header, t token, now time.Time) error {
	tag := h.Get("ETag")
	if len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return wrong(KindCaching, "no strong ETag")
	}
	if _, err := http.ParseTime(h.Get("Last-Modified")); err != nil {
		return wrong(KindCaching, "no Last-Modified")
	}
	age, ok := maxAge(h.Get("Cache-Control"))
	switch {
	case !ok:
		return wrong(KindCaching, "no max-age in Cache-Control")
	case age > t.TTL:
		return wrong(KindCaching, "max-age is over ttl")
	case now.Add(time.Duration(age) * time.Second).After(time.Unix(t.Expires, 0).Add(skew)):
		return wrong(KindCaching, "max-age leads beyond exp")
	}
	return nil
}

// maxAge returns the seconds for which a cache may keep an answer.
func maxAge(cacheControl string) (int64, bool) {
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		seconds, err := strconv.ParseInt(value, 10, 32)
		return seconds, err == nil && seconds >= 0
	}
	return 0, false
}
