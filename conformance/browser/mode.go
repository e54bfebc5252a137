package browser

import "slices"

// Mode is one way of meeting the pages.
type Mode struct {
	Name          string
	Language      string // "en" or "cy"
	Width         int    // of the window, in CSS pixels
	NoScript      bool   // JavaScript is off
	ForcedColours bool   // the person's own colours win (CSS Color Adjustment §3)
	LargeText     bool   // twice the text size (WCAG 2.2 SC 1.4.4)
}

// The widths of WCAG 2.2 SC 1.4.10 and of an office screen.
const (
	narrow = 320
	wide   = 1280
)

// Edges returns the ways that edges are walked in: the fewest that have each aspect of Modes once, since an edge is a long way
// to one page more.
func Edges() []Mode {
	return slices.DeleteFunc(Modes(), func(m Mode) bool {
		return !slices.Contains([]string{"narrow-cy", "no-script-en", "forced-colours-en", "large-text-cy"}, m.Name)
	})
}

// Modes returns every way that the journeys are walked in.
func Modes() []Mode {
	return []Mode{
		{Name: "desktop-en", Language: "en", Width: wide},
		{Name: "desktop-cy", Language: "cy", Width: wide},
		{Name: "narrow-en", Language: "en", Width: narrow},
		{Name: "narrow-cy", Language: "cy", Width: narrow},
		{Name: "no-script-en", Language: "en", Width: narrow, NoScript: true},
		{Name: "no-script-cy", Language: "cy", Width: wide, NoScript: true},
		{Name: "forced-colours-en", Language: "en", Width: wide, ForcedColours: true},
		{Name: "large-text-en", Language: "en", Width: wide, LargeText: true},
		{Name: "large-text-cy", Language: "cy", Width: wide, LargeText: true},
	}
}
