package holder

import (
	"slices"
	"strconv"
	"strings"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/ui"
)

// text returns the words of a document's file in a language.
func text(w ui.Words, t document.Text) string {
	if w.Language() == ui.Cymraeg {
		return t.CY
	}
	return t.EN
}

// shown is one line of what a document says.
type shown struct {
	Name, Value string
	English     bool // the value is English on every page
}

// says lists every element of a document in its own order, those this person's will lack too. What is most sensitive is
// counted and not shown: the page may be open on a computer others use, and the app shows it to the holder alone.
func (d *Door) says(w ui.Words, o option) []shown {
	out := make([]shown, 0, len(o.Doc.Elements))
	for _, e := range o.Doc.Elements {
		i := slices.IndexFunc(o.Elements, func(s credential.Element) bool { return s.Namespace == e.Namespace && s.Name == e.Name })
		switch {
		case i < 0:
			out = append(out, shown{Name: text(w, e.Display), Value: w.Say("value.absent")})
		case e.Make == document.MadeNumber:
			out = append(out, shown{Name: text(w, e.Display), Value: w.Say("value.number")})
		default:
			_, fixed := e.Const.(string)
			out = append(out, shown{text(w, e.Display), d.value(w, e, o.Elements[i].Value), fixed && !w.Has("value."+e.Const.(string))})
		}
	}
	return out
}

func (d *Door) value(w ui.Words, e document.Element, value any) string {
	list, isList := value.([]any)
	switch {
	case isList && e.Sensitivity == document.VeryHigh:
		return w.Count("value.private", len(list))
	case e.Sensitivity == document.VeryHigh:
		return w.Say("value.hidden")
	case isList && e.Shape.Items.Enum == nil:
		return w.Count("value.list", len(list))
	case isList:
		words := make([]string, len(list))
		for i, item := range list {
			words[i] = d.single(w, *e.Shape.Items, item)
		}
		return strings.Join(words, ", ")
	}
	return d.single(w, e.Shape, value)
}

func (d *Door) single(w ui.Words, s document.Shape, value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return w.Say("value.yes")
		}
		return w.Say("value.no")
	case int64:
		return strconv.FormatInt(v, 10)
	case credential.Date:
		return w.Date(v.Time(d.London))
	case []byte:
		return w.Say("value.photo")
	case string:
		if s.Enum != nil || w.Has("value."+v) {
			return enum(w, v)
		}
		return v
	}
	return w.Say("value.hidden")
}
