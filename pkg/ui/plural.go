package ui

// Category is one of CLDR's plural categories.
type Category string

// CLDR's plural categories.
const (
	Zero  Category = "zero"
	One   Category = "one"
	Two   Category = "two"
	Few   Category = "few"
	Many  Category = "many"
	Other Category = "other"
)

// categories lists those that each language tells apart (CLDR 48, plurals.xml, cardinals).
var categories = map[Language][]Category{
	English: {One, Other},
	Cymraeg: {Zero, One, Two, Few, Many, Other},
}

// welsh gives the category of the only whole numbers that have one of their own.
var welsh = map[int]Category{0: Zero, 1: One, 2: Two, 3: Few, 6: Many}

// Category is the plural category of n in l.
func (l Language) Category(n int) Category {
	switch c, ok := welsh[n]; {
	case l == Cymraeg && ok:
		return c
	case l == English && n == 1:
		return One
	}
	return Other
}
