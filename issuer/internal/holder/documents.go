package holder

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/ui"
)

// Kinds of names in addresses.
const (
	kindOption = "option" // a document that might be had
	kindHeld   = "held"   // one that was issued
	kindOffer  = "offer at"
)

// standing is everything about a person's documents, read for one page.
type standing struct {
	options []option
	held    []held
}

func (d *Door) standing(ctx context.Context, v *visit) (standing, error) {
	options, err := d.options(ctx, v.Person)
	if err != nil {
		return standing{}, err
	}
	held, err := d.held(ctx, v)
	return standing{options, held}, err
}

// holds says whether a copy of the option stands.
func (d *Door) holds(s standing, o option) bool {
	return slices.ContainsFunc(s.held, func(h held) bool { return h.key() == o.key() && h.status(d.Now()) == statusActive })
}

// named gives a document the name of its card and, where the person could have several, of what it is for.
func named(w ui.Words, o option) string {
	name := text(w, o.Doc.Card.Name)
	if o.Record.Item == "" {
		return name
	}
	return w.Say("docs.item", "name", name, "item", o.Record.Item)
}

func namedHeld(w ui.Words, h held) string { return named(w, option{Doc: h.Doc, Record: h.Record}) }

// GetDocuments answers with what the person has, can add and cannot add now.
func (d *Door) GetDocuments(c *gin.Context, v *visit) error {
	s, err := d.standing(c.Request.Context(), v)
	if err != nil {
		return d.closed(c, err)
	}
	w, view := d.words(c), documentsView{Name: v.Name}
	for _, o := range s.options {
		switch {
		case !o.allowed():
			view.Cannot = append(view.Cannot, line{Name: named(w, o), Text: w.Say(why(o.Code))})
		case !d.holds(s, o):
			view.Add = append(view.Add, line{
				Name: named(w, o), Text: text(w, o.Doc.Card.Description),
				Link: pathDocuments + "/" + v.handle(kindOption, o.key()), LinkText: w.Say("docs.see"),
			})
		}
	}
	for _, h := range s.held {
		st := h.status(d.Now())
		if st == statusDeclined {
			continue // it is not on the phone: no nagging
		}
		view.Have = append(view.Have, line{
			Name: namedHeld(w, h), Status: w.Say("status." + string(st)), Colour: tag(w, st).Classes,
			Link: pathDocuments + "/" + v.handle(kindHeld, h.key()), LinkText: w.Say("docs.open"),
		})
	}
	return d.write(c, v, http.StatusOK, d.documentsPage(w, view))
}

// closed shows a record that is closed or under review as one that was not found, and passes on any other error.
func (d *Door) closed(c *gin.Context, err error) error {
	if !errors.Is(err, errClosed) {
		return err
	}
	return d.write(c, nil, http.StatusOK, d.unmatchedPage(d.words(c), false))
}

// GetChoose asks which documents to add.
func (d *Door) GetChoose(c *gin.Context, v *visit) error { return d.choose(c, v, http.StatusOK, false) }

func (d *Door) choose(c *gin.Context, v *visit, code int, missing bool) error {
	s, err := d.standing(c.Request.Context(), v)
	if err != nil {
		return d.closed(c, err)
	}
	w := d.words(c)
	var choices []choice
	for _, o := range s.options {
		if o.allowed() && !d.holds(s, o) {
			choices = append(choices, choice{v.handle(kindOption, o.key()), named(w, o), text(w, o.Doc.Card.Description)})
		}
	}
	if len(choices) == 0 {
		return redirect(c, pathDocuments)
	}
	return d.write(c, v, code, d.choosePage(w, d.csrf(c), choices, missing))
}

// PostChoose notes what was ticked, and shows the first of it.
func (d *Door) PostChoose(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	options, err := d.options(c.Request.Context(), v.Person)
	if err != nil {
		return d.closed(c, err)
	}
	v.Queue = nil
	for _, o := range options {
		if name := v.handle(kindOption, o.key()); o.allowed() && slices.Contains(form["document"], name) {
			v.Queue = append(v.Queue, name)
		}
	}
	if len(v.Queue) == 0 {
		return d.choose(c, v, http.StatusBadRequest, true)
	}
	if err := d.save(c, v); err != nil {
		return err
	}
	return redirect(c, pathDocuments+"/"+v.Queue[0])
}

// GetDocument shows what one document says, or how one that was issued stands.
func (d *Door) GetDocument(c *gin.Context, v *visit) error {
	s, err := d.standing(c.Request.Context(), v)
	if err != nil {
		return d.closed(c, err)
	}
	w, name := d.words(c), c.Param("id")
	if h, ok := findHeld(s.held, v, name); ok {
		return d.write(c, v, http.StatusOK, d.heldPage(w, d.heldView(w, v, s, h)))
	}
	o, ok := findOption(s.options, v, name)
	if !ok {
		return d.elsewhere(c, v)
	}
	if !o.allowed() {
		return d.write(c, v, http.StatusOK, d.cannotPage(w, o))
	}
	return d.write(c, v, http.StatusOK, d.whatPage(w, d.csrf(c), pathDocuments+"/"+name, named(w, o), o, d.holds(s, o)))
}

func (d *Door) heldView(w ui.Words, v *visit, s standing, h held) heldView {
	view := heldView{
		Name: namedHeld(w, h), Remove: pathRemove + "/" + v.handle(kindHeld, h.key()),
		Status: h.status(d.Now()), Added: h.Copies[0].Issued, Until: h.Newest.Until,
	}
	for _, o := range s.options {
		if o.key() == h.key() && o.Record == h.Record && o.allowed() {
			view.Again, view.Path = true, pathDocuments+"/"+v.handle(kindOption, o.key())
		}
	}
	return view
}

func (d *Door) cannotPage(w ui.Words, o option) ui.Page {
	return ui.Page{Title: named(w, o), Back: pathDocuments, Content: append([]ui.Component{ui.P(w.Say(why(o.Code)))}, d.call(w)...)}
}

func findHeld(all []held, v *visit, name string) (held, bool) {
	i := slices.IndexFunc(all, func(h held) bool { return same(v.handle(kindHeld, h.key()), name) })
	if i < 0 {
		return held{}, false
	}
	return all[i], true
}

func findOption(all []option, v *visit, name string) (option, bool) {
	i := slices.IndexFunc(all, func(o option) bool { return same(v.handle(kindOption, o.key()), name) })
	if i < 0 {
		return option{}, false
	}
	return all[i], true
}

// GetRemove warns before a document is ended.
func (d *Door) GetRemove(c *gin.Context, v *visit) error {
	h, err := d.heldNamed(c, v)
	if err != nil {
		return err
	}
	w := d.words(c)
	if h == nil {
		return d.elsewhere(c, v)
	}
	if len(h.standing(d.Now())) == 0 {
		return d.write(c, v, http.StatusOK, d.removedPage(w, namedHeld(w, *h)))
	}
	return d.write(c, v, http.StatusOK, d.removePage(w, d.csrf(c), c.Request.URL.Path, namedHeld(w, *h)))
}

// PostRemove ends a document for good. It may be repeated.
func (d *Door) PostRemove(c *gin.Context, v *visit) error {
	if _, err := d.form(c); err != nil {
		return err
	}
	h, err := d.heldNamed(c, v)
	if err != nil {
		return err
	}
	if h == nil {
		return d.elsewhere(c, v)
	}
	if err := d.remove(c.Request.Context(), *h); err != nil {
		return err
	}
	return redirect(c, c.Request.URL.Path)
}

// heldNamed asks only what was issued: a document can be removed while the systems of record are away.
func (d *Door) heldNamed(c *gin.Context, v *visit) (*held, error) {
	all, err := d.held(c.Request.Context(), v)
	if err != nil {
		return nil, err
	}
	h, ok := findHeld(all, v, c.Param("id"))
	if !ok {
		return nil, nil
	}
	return &h, nil
}

// GetRefresh is the page a wallet opens when a document cannot be updated in the app: the decision is taken again, now.
func (d *Door) GetRefresh(c *gin.Context, v *visit) error {
	s, err := d.standing(c.Request.Context(), v)
	if err != nil {
		return d.closed(c, err)
	}
	w := d.words(c)
	var can, cannot lines
	for _, h := range s.held {
		if h.status(d.Now()) == statusDeclined {
			continue
		}
		i := slices.IndexFunc(s.options, func(o option) bool { return o.key() == h.key() && o.Record == h.Record })
		if i >= 0 && s.options[i].allowed() {
			can = append(can, line{Name: namedHeld(w, h), Text: text(w, h.Doc.Card.Description),
				Link: pathDocuments + "/" + v.handle(kindOption, h.key()), LinkText: w.Say("item.update")})
			continue
		}
		reason := "why.neutral"
		if i >= 0 {
			reason = why(s.options[i].Code)
		}
		cannot = append(cannot, line{Name: namedHeld(w, h), Text: w.Say(reason)})
	}
	return d.write(c, v, http.StatusOK, d.refreshPage(w, can, cannot))
}
