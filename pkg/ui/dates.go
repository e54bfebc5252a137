package ui

import (
	"strconv"
	"time"
	_ "time/tzdata" // days and hours are London's, wherever this runs
)

// London is where every date and time on a page is read.
func London() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("ui: " + err.Error()) // the table is part of the program
	}
	return l
}

// Date is the day of t in London: "23 November 2026", "23 Tachwedd 2026".
func (w Words) Date(t time.Time) string {
	t = t.In(London())
	return strconv.Itoa(t.Day()) + " " + w.Month(t.Month()) + " " + strconv.Itoa(t.Year())
}

// Month is the name of a month.
func (w Words) Month(m time.Month) string { return w.Say("common.month." + strconv.Itoa(int(m))) }

// Time is the hour and minute of t in London, in the style of GOV.UK: "11:42am", "3pm", "midday", "midnight". The Welsh
// marks of the halves of the day are CLDR's: "11:42yb", "3yh".
func (w Words) Time(t time.Time) string {
	t = t.In(London())
	hour, minute := t.Hour(), t.Minute()
	if minute == 0 && hour == 0 {
		return w.Say("common.midnight")
	}
	if minute == 0 && hour == 12 {
		return w.Say("common.midday")
	}
	half := "common.am"
	if hour >= 12 {
		half = "common.pm"
	}
	if minute == 0 {
		return w.Say(half, "time", t.Format("3"))
	}
	return w.Say(half, "time", t.Format("3:04"))
}
