package records

import (
	"time"

	"justice-wallet/pkg/credential"
)

// daysBetween counts the days from one day to a later one.
func daysBetween(from, to credential.Date) int {
	return int(to.Time(time.UTC).Sub(from.Time(time.UTC)) / (24 * time.Hour))
}

// addMonths returns the same day n months on, or the last day of that month when it is shorter.
func addMonths(d credential.Date, n int) credential.Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return credential.Date{Year: first.Year(), Month: first.Month(), Day: min(d.Day, last)}
}

// notAfter says whether a is b or an earlier day.
func notAfter(a, b credential.Date) bool { return !b.Before(a) }
