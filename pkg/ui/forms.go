package ui

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
)

// Label names a field.
type Label struct {
	Text          string        `json:"text"`
	Html          template.HTML `json:"html"`
	For           string        `json:"for"`
	IsPageHeading bool          `json:"isPageHeading"`
	Classes       string        `json:"classes"`
	Attributes    Attributes    `json:"attributes"`
}

// HTML renders the label; one without words is nothing.
func (l Label) HTML() template.HTML { return render("label", l) }

func (l Label) of(id string) Label {
	l.For = id
	return l
}

// Hint helps to answer.
type Hint struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	ID         string        `json:"id"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the hint.
func (h Hint) HTML() template.HTML { return render("hint", h) }

func (h Hint) said() bool { return h.Text != "" || h.Html != "" }

// ErrorMessage says what to put right, beside the field.
type ErrorMessage struct {
	Text               string        `json:"text"`
	Html               template.HTML `json:"html"`
	ID                 string        `json:"id"`
	Classes            string        `json:"classes"`
	Attributes         Attributes    `json:"attributes"`
	VisuallyHiddenText *string       `json:"visuallyHiddenText"` // "Error", in the language of the page, when nothing is said
}

// HTML renders the message.
func (e ErrorMessage) HTML() template.HTML { return render("error-message", e) }

// Prefix is what is read out before the message.
func (e ErrorMessage) Prefix() string {
	if e.VisuallyHiddenText == nil {
		return "Error"
	}
	return *e.VisuallyHiddenText
}

func (e ErrorMessage) speak(w Words) Component { return *e.in(w) }

// in returns e, if there is one, with its prefix in the language of w.
func (e *ErrorMessage) in(w Words) *ErrorMessage {
	if e == nil || e.VisuallyHiddenText != nil {
		return e
	}
	spoken := *e
	spoken.VisuallyHiddenText = new(w.Say("common.error"))
	return &spoken
}

// FormGroup is the frame of a field.
type FormGroup struct {
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// Legend names a group of fields.
type Legend struct {
	Text          string        `json:"text"`
	Html          template.HTML `json:"html"`
	Classes       string        `json:"classes"`
	IsPageHeading bool          `json:"isPageHeading"`
}

// Fieldset is a group of fields.
type Fieldset struct {
	Legend      Legend        `json:"legend"`
	Html        template.HTML `json:"html"`
	DescribedBy string        `json:"describedBy"`
	Classes     string        `json:"classes"`
	Role        string        `json:"role"`
	Attributes  Attributes    `json:"attributes"`
}

// HTML renders the group.
func (f Fieldset) HTML() template.HTML { return render("fieldset", f) }

// field is what surrounds every kind of answer.
type field struct {
	Label        template.HTML
	Hint, Error  template.HTML
	Group        FormGroup
	DescribedBy  string
	Inside       template.HTML
	FieldsetHTML template.HTML
}

// HasError says whether there is something to put right.
func (f field) HasError() bool { return f.Error != "" }

// surround prepares the hint and the error of a field, and says by which of them it is described.
func surround(id, describedBy string, hint *Hint, wrong *ErrorMessage, group FormGroup) field {
	f := field{Group: group}
	described := []string{describedBy}
	if hint != nil {
		h := *hint
		h.ID = id + "-hint"
		f.Hint = h.HTML()
		described = append(described, h.ID)
	}
	if wrong != nil {
		e := *wrong
		e.ID = id + "-error"
		f.Error = e.HTML()
		described = append(described, e.ID)
	}
	f.DescribedBy = classes(described...)
	return f
}

// Affix stands before or after an input.
type Affix struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

func (a *Affix) said() bool { return a != nil && (a.Text != "" || a.Html != "") }

// InputWrapper is the frame of an input and its affixes.
type InputWrapper struct {
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// Input asks for a line of text.
type Input struct {
	ID             string        `json:"id"` // the name, when nothing is said
	Name           string        `json:"name"`
	Type           string        `json:"type"`
	Value          string        `json:"value"`
	Label          Label         `json:"label"`
	Hint           *Hint         `json:"hint"`
	ErrorMessage   *ErrorMessage `json:"errorMessage"`
	Prefix         *Affix        `json:"prefix"`
	Suffix         *Affix        `json:"suffix"`
	FormGroup      FormGroup     `json:"formGroup"`
	InputWrapper   InputWrapper  `json:"inputWrapper"`
	DescribedBy    string        `json:"describedBy"`
	Autocomplete   string        `json:"autocomplete"`
	Autocapitalize string        `json:"autocapitalize"`
	Inputmode      string        `json:"inputmode"`
	Pattern        string        `json:"pattern"`
	Spellcheck     *bool         `json:"spellcheck"`
	Disabled       bool          `json:"disabled"`
	Classes        string        `json:"classes"`
	Attributes     Attributes    `json:"attributes"`
}

// HTML renders the input with its label, hint and error.
func (i Input) HTML() template.HTML {
	i.ID = or(i.ID, i.Name)
	f := surround(i.ID, i.DescribedBy, i.Hint, i.ErrorMessage, i.FormGroup)
	f.Label = i.Label.of(i.ID).HTML()
	i.DescribedBy = f.DescribedBy
	f.Inside = render("input", i)
	return render("field", f)
}

// Affixed says whether something stands before or after the input.
func (i Input) Affixed() bool { return i.Prefix.said() || i.Suffix.said() }

// Before says whether there is a prefix.
func (i Input) Before() bool { return i.Prefix.said() }

// After says whether there is a suffix.
func (i Input) After() bool { return i.Suffix.said() }

func (i Input) speak(w Words) Component {
	i.ErrorMessage = i.ErrorMessage.in(w)
	return i
}

// Textarea asks for more than a line of text.
type Textarea struct {
	ID           string        `json:"id"` // the name, when nothing is said
	Name         string        `json:"name"`
	Value        string        `json:"value"`
	Rows         int           `json:"rows"`
	Label        Label         `json:"label"`
	Hint         *Hint         `json:"hint"`
	ErrorMessage *ErrorMessage `json:"errorMessage"`
	FormGroup    FormGroup     `json:"formGroup"`
	DescribedBy  string        `json:"describedBy"`
	Autocomplete string        `json:"autocomplete"`
	Spellcheck   *bool         `json:"spellcheck"`
	Disabled     bool          `json:"disabled"`
	Classes      string        `json:"classes"`
	Attributes   Attributes    `json:"attributes"`
}

// HTML renders the field with its label, hint and error.
func (a Textarea) HTML() template.HTML {
	a.ID = or(a.ID, a.Name)
	a.Rows = or(a.Rows, 5)
	f := surround(a.ID, a.DescribedBy, a.Hint, a.ErrorMessage, a.FormGroup)
	f.Label = a.Label.of(a.ID).HTML()
	a.DescribedBy = f.DescribedBy
	f.Inside = render("textarea", a)
	return render("field", f)
}

func (a Textarea) speak(w Words) Component {
	a.ErrorMessage = a.ErrorMessage.in(w)
	return a
}

// SelectItem is one choice of a Select.
type SelectItem struct {
	Value      *string    `json:"value"` // the text, when nothing is said
	Text       string     `json:"text"`
	Selected   *bool      `json:"selected"`
	Disabled   bool       `json:"disabled"`
	Attributes Attributes `json:"attributes"`
}

// Select asks for one choice of many.
type Select struct {
	ID           string        `json:"id"` // the name, when nothing is said
	Name         string        `json:"name"`
	Value        string        `json:"value"`
	Items        []SelectItem  `json:"items"`
	Label        Label         `json:"label"`
	Hint         *Hint         `json:"hint"`
	ErrorMessage *ErrorMessage `json:"errorMessage"`
	FormGroup    FormGroup     `json:"formGroup"`
	DescribedBy  string        `json:"describedBy"`
	Disabled     bool          `json:"disabled"`
	Classes      string        `json:"classes"`
	Attributes   Attributes    `json:"attributes"`
}

// HTML renders the field with its label, hint and error.
func (s Select) HTML() template.HTML {
	s.ID = or(s.ID, s.Name)
	f := surround(s.ID, s.DescribedBy, s.Hint, s.ErrorMessage, s.FormGroup)
	f.Label = s.Label.of(s.ID).HTML()
	s.DescribedBy = f.DescribedBy
	f.Inside = render("select", s)
	return render("field", f)
}

// Chosen says whether item is selected.
func (s Select) Chosen(item SelectItem) bool {
	value := item.Text
	if item.Value != nil {
		value = *item.Value
	}
	return picked(item.Selected, s.Value != "" && value == s.Value)
}

func (s Select) speak(w Words) Component {
	s.ErrorMessage = s.ErrorMessage.in(w)
	return s
}

// picked is what was said of a choice, or else whether the value given is its own.
func picked(said *bool, same bool) bool {
	if said != nil {
		return *said
	}
	return same
}

// ItemLabel is how the label of a choice looks.
type ItemLabel struct {
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// Conditional is asked only of those who make a choice.
type Conditional struct {
	Html template.HTML `json:"html"`
}

// Item is one choice of Radios or Checkboxes.
type Item struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"` // of a checkbox alone
	Value       string        `json:"value"`
	Text        string        `json:"text"`
	Html        template.HTML `json:"html"`
	Hint        *Hint         `json:"hint"`
	Divider     string        `json:"divider"` // it is no choice, but words between two
	Checked     *bool         `json:"checked"`
	Conditional Conditional   `json:"conditional"`
	Behaviour   string        `json:"behaviour"` // "exclusive": none of the others
	Disabled    bool          `json:"disabled"`
	Label       ItemLabel     `json:"label"`
	Attributes  Attributes    `json:"attributes"`
}

// choice is one item ready to be rendered.
type choice struct {
	Item
	Kind, HintID, ConditionalID, DescribedBy string
	Ticked                                   bool
}

// LabelHTML is the label of the choice.
func (c choice) LabelHTML() template.HTML {
	return Label{Text: c.Text, Html: c.Html, For: c.ID, Classes: classes("govuk-"+c.Kind+"__label", c.Label.Classes), Attributes: c.Label.Attributes}.HTML()
}

// HintHTML is the hint of the choice.
func (c choice) HintHTML() template.HTML {
	if c.HintID == "" {
		return ""
	}
	h := *c.Hint
	h.ID, h.Classes = c.HintID, classes("govuk-"+c.Kind+"__hint", h.Classes)
	return h.HTML()
}

// choices is a set of items ready to be rendered.
type choices struct {
	Kind, Input, Classes string
	Attributes           Attributes
	Items                []choice
}

func (c *choices) add(items []Item, prefix, name, describedBy string, ticked func(Item) bool) {
	for i, item := range items {
		if !given(item) {
			continue
		}
		item.ID = or(item.ID, prefix+when(i > 0, "-"+strconv.Itoa(i+1)))
		item.Name = or(item.Name, name)
		one := choice{Item: item, Kind: c.Kind, ConditionalID: "conditional-" + item.ID, Ticked: ticked(item)}
		if item.Hint != nil && item.Hint.said() {
			one.HintID = item.ID + "-item-hint"
		}
		one.DescribedBy = classes(describedBy, one.HintID)
		c.Items = append(c.Items, one)
	}
}

// group renders a set of choices with its hint and error, within a fieldset if there is one.
func (f field) group(set template.HTML, fieldset *Fieldset) template.HTML {
	f.Inside = set
	if fieldset == nil {
		return render("field", f)
	}
	inner := *fieldset
	inner.DescribedBy = f.DescribedBy
	inner.Html = render("field-content", f)
	return render("field", field{Group: f.Group, Error: f.Error, FieldsetHTML: inner.HTML()})
}

// Radios asks for one choice.
type Radios struct {
	IDPrefix     string        `json:"idPrefix"` // the name, when nothing is said
	Name         string        `json:"name"`
	Value        string        `json:"value"`
	Items        []Item        `json:"items"`
	Fieldset     *Fieldset     `json:"fieldset"`
	Hint         *Hint         `json:"hint"`
	ErrorMessage *ErrorMessage `json:"errorMessage"`
	FormGroup    FormGroup     `json:"formGroup"`
	Classes      string        `json:"classes"`
	Attributes   Attributes    `json:"attributes"`
}

// HTML renders the choices with their legend, hint and error.
func (r Radios) HTML() template.HTML {
	prefix, describedBy := or(r.IDPrefix, r.Name), ""
	if r.Fieldset != nil {
		describedBy = r.Fieldset.DescribedBy
	}
	set := choices{Kind: "radios", Input: "radio", Classes: r.Classes, Attributes: r.Attributes}
	set.add(r.Items, prefix, r.Name, "", func(i Item) bool { return picked(i.Checked, r.Value != "" && i.Value == r.Value) })
	return surround(prefix, describedBy, r.Hint, r.ErrorMessage, r.FormGroup).group(render("choices", set), r.Fieldset)
}

func (r Radios) speak(w Words) Component {
	r.ErrorMessage = r.ErrorMessage.in(w)
	return r
}

// Checkboxes asks for any number of choices.
type Checkboxes struct {
	IDPrefix     string        `json:"idPrefix"` // the name, when nothing is said
	Name         string        `json:"name"`
	Values       []string      `json:"values"`
	Items        []Item        `json:"items"`
	Fieldset     *Fieldset     `json:"fieldset"`
	Hint         *Hint         `json:"hint"`
	ErrorMessage *ErrorMessage `json:"errorMessage"`
	FormGroup    FormGroup     `json:"formGroup"`
	DescribedBy  string        `json:"describedBy"`
	Classes      string        `json:"classes"`
	Attributes   Attributes    `json:"attributes"`
}

// HTML renders the choices with their legend, hint and error.
func (c Checkboxes) HTML() template.HTML {
	prefix, describedBy, each := or(c.IDPrefix, c.Name), c.DescribedBy, ""
	if c.Fieldset != nil {
		describedBy = or(c.Fieldset.DescribedBy, describedBy)
	}
	f := surround(prefix, describedBy, c.Hint, c.ErrorMessage, c.FormGroup)
	if c.Fieldset == nil { // nothing else would read it out
		each = f.DescribedBy
	}
	set := choices{Kind: "checkboxes", Input: "checkbox", Classes: c.Classes, Attributes: c.Attributes}
	set.add(c.Items, prefix, c.Name, each, func(i Item) bool { return picked(i.Checked, slices.Contains(c.Values, i.Value)) })
	return f.group(render("choices", set), c.Fieldset)
}

func (c Checkboxes) speak(w Words) Component {
	c.ErrorMessage = c.ErrorMessage.in(w)
	return c
}

// DateItem is one part of a date.
type DateItem struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Label        string     `json:"label"`
	Value        string     `json:"value"`
	Error        *bool      `json:"error"` // this part is to be put right; when nothing is said of any, all are
	Autocomplete string     `json:"autocomplete"`
	Pattern      string     `json:"pattern"`
	Inputmode    string     `json:"inputmode"`
	Classes      string     `json:"classes"`
	Attributes   Attributes `json:"attributes"`
}

const errorClass = "govuk-input--error"

func (d DateItem) wrong() bool {
	return d.Error != nil && *d.Error || strings.Contains(d.Classes, errorClass)
}

// DateInput asks for a date that people know by heart.
type DateInput struct {
	ID           string            `json:"id"`
	NamePrefix   string            `json:"namePrefix"`
	Day          *DateItem         `json:"day"` // as usual when nil; left out when empty
	Month        *DateItem         `json:"month"`
	Year         *DateItem         `json:"year"`
	Items        []DateItem        `json:"items"`
	Values       map[string]string `json:"values"` // by the names of the parts
	Fieldset     *Fieldset         `json:"fieldset"`
	Hint         *Hint             `json:"hint"`
	ErrorMessage *ErrorMessage     `json:"errorMessage"`
	FormGroup    FormGroup         `json:"formGroup"`
	Classes      string            `json:"classes"`
	Attributes   Attributes        `json:"attributes"`
}

// HTML renders the parts with their legend, hint and error.
func (d DateInput) HTML() template.HTML {
	items := d.Items
	if len(items) == 0 {
		items = []DateItem{datePart(d.Day, "day"), datePart(d.Month, "month"), datePart(d.Year, "year")}
	}
	anyWrong := slices.ContainsFunc(items, DateItem.wrong)
	set := dateSet{DateInput: d}
	for _, item := range items {
		if !given(item) {
			continue
		}
		set.Inputs = append(set.Inputs, d.part(item, anyWrong))
	}
	describedBy, fieldset := "", d.Fieldset
	if fieldset != nil {
		describedBy = fieldset.DescribedBy
		group := *fieldset
		group.Role = "group" // otherwise JAWS does not read out the description of a group of text inputs
		fieldset = &group
	}
	return surround(d.ID, describedBy, d.Hint, d.ErrorMessage, d.FormGroup).group(render("date-input", set), fieldset)
}

type dateSet struct {
	DateInput
	Inputs []Input
}

func datePart(said *DateItem, name string) DateItem {
	if said == nil {
		return DateItem{Name: name}
	}
	item := *said
	if !given(item) {
		return item
	}
	item.Name = or(item.Name, name)
	return item
}

// part is the input for one part of the date.
func (d DateInput) part(item DateItem, anyWrong bool) Input {
	width := "govuk-input--width-" + map[bool]string{true: "4", false: "2"}[item.Name == "year" || d.Year != nil && item.Name == d.Year.Name]
	all := d.ErrorMessage != nil && !anyWrong && (item.Error == nil || *item.Error)
	name := when(d.NamePrefix != "", d.NamePrefix+"-") + item.Name
	return Input{
		ID: or(item.ID, d.ID+"-"+item.Name), Name: name, Type: "text", Value: or(item.Value, d.value(item.Name, name)),
		Label: Label{Text: or(item.Label, capital(item.Name)), Classes: "govuk-date-input__label"},
		Classes: classes("govuk-date-input__input",
			when((item.wrong() || all) && !strings.Contains(item.Classes, errorClass), errorClass),
			when(!strings.Contains(item.Classes, "govuk-input--width-"), width), item.Classes),
		Inputmode: or(item.Inputmode, "numeric"), Autocomplete: item.Autocomplete, Pattern: item.Pattern, Attributes: item.Attributes,
	}
}

// value is what was given for a part without a value of its own.
func (d DateInput) value(part, name string) string {
	for usual, said := range map[string]*DateItem{"day": d.Day, "month": d.Month, "year": d.Year} {
		if said != nil && part == or(said.Name, usual) && said.Value != "" {
			return said.Value
		}
	}
	return or(d.Values[name], d.Values[part])
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (d DateInput) speak(w Words) Component {
	d.ErrorMessage = d.ErrorMessage.in(w)
	if len(d.Items) == 0 {
		d.Day, d.Month, d.Year = w.datePart(d.Day, "day"), w.datePart(d.Month, "month"), w.datePart(d.Year, "year")
	}
	return d
}

func (w Words) datePart(said *DateItem, name string) *DateItem {
	item := datePart(said, name)
	if !given(item) {
		return said
	}
	item.Label = or(item.Label, w.Say("common."+name))
	return &item
}
