package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/ui"
)

// What an ending can be about: the handle of one of these stands in its address.
const (
	whatPerson   = "person"
	whatLicence  = "licence"
	whatDocument = "document:" // and its id
	whatApproval = "approval:" // and its reference
)

// target is what the address of an ending speaks of. The empty one is a batch.
type target struct {
	known
	view casework.View
	what string
	path string
}

func (t target) request() casework.Request {
	r := casework.Request{Person: t.Person, Scope: casework.ScopeBatch}
	switch {
	case t.what == whatPerson:
		r.Scope = casework.ScopePerson
	case t.what == whatLicence:
		r.Scope = casework.ScopeLicence
	case strings.HasPrefix(t.what, whatDocument):
		r.Scope, r.Item = casework.ScopeDocument, strings.TrimPrefix(t.what, whatDocument)
	case strings.HasPrefix(t.what, whatApproval):
		r.Scope, r.Item, r.Reason = casework.ScopeApproval, strings.TrimPrefix(t.what, whatApproval), issuance.ReasonApprovalWithdrew
	}
	return r
}

// target finds what an address speaks of, among what there is about the person.
func (d *Door) target(c *gin.Context, v *visit) (target, error) {
	if c.Param("person") == "" {
		return target{path: pathBatch}, nil
	}
	k, view, err := d.about(c, v, "end")
	if err != nil {
		return target{}, err
	}
	candidates := []string{whatPerson, whatLicence}
	for _, cred := range view.Documents {
		candidates = append(candidates, whatDocument+cred.ID)
	}
	if approvals, err := d.Casework.ApprovalsOf(c.Request.Context(), v.Staff, view); err == nil { // without them, the rest can still end
		for _, a := range approvals {
			candidates = append(candidates, whatApproval+a.Reference)
		}
	}
	i := slices.IndexFunc(candidates, func(what string) bool { return same(v.handle("what", what), c.Param("what")) })
	if i < 0 {
		return target{}, fault.New(fault.NotFound, casework.CodeNothing, "")
	}
	return target{k, view, candidates[i], v.personPath(k.Person) + "/end/" + c.Param("what")}, nil
}

// GetEnd asks for the reason.
func (d *Door) GetEnd(c *gin.Context, v *visit) error {
	t, err := d.target(c, v)
	if err != nil {
		return err
	}
	form, err := d.typed(c)
	if err != nil {
		return err
	}
	if kept, ok := v.Drafts[t.path]; ok && len(form) == 0 {
		form = url.Values{"reason": {string(kept.Request.Reason)}, "note": {kept.Request.Note}, "batch": {strings.Join(kept.Request.Batch, "\n")}}
	}
	return d.endPage(c, v, t, form, nil)
}

func (d *Door) endPage(c *gin.Context, v *visit, t target, form url.Values, wrong ui.Errors) error {
	w := d.words(c)
	items, err := d.kept(v, t, nil)
	if err != nil {
		return err
	}
	if t.request().Scope == casework.ScopeBatch {
		items = append(items, ui.Textarea{
			Name: "batch", Value: form.Get("batch"), Label: ui.Label{Text: w.Say("batch.list"), Classes: "govuk-label--m"}, Hint: &ui.Hint{Text: w.Say("batch.hint")},
			ErrorMessage: wrong.At("batch"), Spellcheck: new(false),
		})
	}
	if t.request().Scope == casework.ScopeApproval {
		items = append(items, ui.P(w.Say("end.withdraw")), ui.Hidden{Name: "reason", Value: string(issuance.ReasonApprovalWithdrew)})
	} else {
		items = append(items, reasonRadios(w, form, wrong))
	}
	items = append(items, ui.Button{Text: w.Say("common.continue")})
	return d.write(c, v, http.StatusOK, ui.Page{
		Title: w.Say(t.titleKey()), Errors: wrong, Back: t.back(v), LanguagePath: t.path,
		Content: []ui.Component{ui.Form{Action: t.path, CSRF: d.csrf(c), Items: items}},
	})
}

func (t target) titleKey() string { return "end.title." + string(t.request().Scope) }

func (t target) back(v *visit) string {
	if t.Person == "" {
		return pathHome
	}
	return v.personPath(t.Person)
}

// kept are the hidden fields of every step: whose form it is and, beyond the first, what was chosen.
func (d *Door) kept(v *visit, t target, r *casework.Request) ([]ui.Component, error) {
	w := whose{Person: t.Person, Wider: t.Wider, Form: "end", What: t.what}
	if t.Person == "" {
		w = whose{Form: "batch"}
	}
	sealed, err := d.whoseField(v, w)
	items := []ui.Component{sealed}
	if r != nil {
		items = append(items, ui.Hidden{Name: "reason", Value: string(r.Reason)}, ui.Hidden{Name: "note", Value: r.Note}, ui.Hidden{Name: "batch", Value: strings.Join(r.Batch, "\n")})
	}
	return items, err
}

func reasonRadios(w ui.Words, form url.Values, wrong ui.Errors) ui.Component {
	radios := ui.Radios{
		Name: "reason", Value: form.Get("reason"), ErrorMessage: wrong.At("reason"), Hint: &ui.Hint{Text: w.Say("end.reason.hint")},
		Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say("end.reason"), Classes: "govuk-fieldset__legend--m"}},
	}
	for _, r := range casework.Reasons() {
		radios.Items = append(radios.Items, ui.Item{Value: string(r), Text: w.Say("reason." + string(r))})
	}
	note := ui.Textarea{
		Name: "note", Value: form.Get("note"), Rows: 3, Label: ui.Label{Text: w.Say("end.note")}, Hint: &ui.Hint{Text: w.Say("end.note.hint")}, ErrorMessage: wrong.At("note"),
	}
	return ui.Section{Items: []ui.Component{radios, note}, ID: "why"}
}

// PostEnd keeps what was chosen in the visit, and leads on.
func (d *Door) PostEnd(c *gin.Context, v *visit) error {
	t, err := d.target(c, v)
	if err != nil {
		return err
	}
	form, err := d.form(c)
	if err != nil {
		return err
	}
	w := d.words(c)
	r := t.request()
	r.Reason, r.Note = issuance.Reason(form.Get("reason")), strings.TrimSpace(strings.ReplaceAll(form.Get("note"), "\r", ""))
	if r.Scope == casework.ScopeBatch {
		r.Batch = strings.Fields(form.Get("batch"))
	}
	if wrong := mistakes(w, r); len(wrong) > 0 {
		return d.endPage(c, v, t, form, wrong)
	}
	if r.ID, err = d.newID(); err != nil {
		return err
	}
	if len(v.Drafts) >= mostDrafts || v.Drafts == nil {
		v.Drafts = map[string]draft{}
	}
	v.Drafts[t.path] = draft{r}
	if err := d.keep(c, v); err != nil {
		return err
	}
	return redirect(c, t.path+"/effect")
}

func mistakes(w ui.Words, r casework.Request) (wrong ui.Errors) {
	if r.Scope == casework.ScopeBatch && (len(r.Batch) == 0 || len(r.Batch) > casework.MaxBatch) {
		wrong = append(wrong, ui.FieldError{Field: "batch", Text: w.Say("batch.wrong")})
	}
	if !slices.Contains(casework.Reasons(), r.Reason) {
		wrong = append(wrong, ui.FieldError{Field: "reason", Text: w.Say("end.wrong.reason")})
	}
	switch {
	case r.Note != "" && !casework.TakesNote(r.Reason):
		wrong = append(wrong, ui.FieldError{Field: "note", Text: w.Say("end.wrong.note")})
	case len([]rune(r.Note)) > casework.MaxNote:
		wrong = append(wrong, ui.FieldError{Field: "note", Text: w.Say("end.wrong.long")})
	}
	return wrong
}

// prepared returns the ending as it would be now; ok is false where nothing was chosen, and the answer is written.
func (d *Door) prepared(c *gin.Context, v *visit) (target, casework.Request, casework.Ending, bool, error) {
	t, err := d.target(c, v)
	if err != nil {
		return t, casework.Request{}, casework.Ending{}, false, err
	}
	kept, ok := v.Drafts[t.path]
	if !ok {
		return t, casework.Request{}, casework.Ending{}, false, redirect(c, t.path)
	}
	e, err := d.Casework.Effect(c.Request.Context(), v.Staff, kept.Request)
	return t, kept.Request, e, err == nil, err
}

// GetEffect says first what would happen.
func (d *Door) GetEffect(c *gin.Context, v *visit) error {
	t, r, e, ok, err := d.prepared(c, v)
	if !ok {
		return err
	}
	w := d.words(c)
	items, err := d.kept(v, t, &r)
	if err != nil {
		return err
	}
	content := []ui.Component{ui.Lead(effect(w, e)), ui.P(w.Say("effect.time")), ui.WarningText{Text: w.Say("effect.undo")}}
	if e.NeedsSecond() {
		content = append(content, ui.InsetText{Text: w.Say("effect.second")})
	}
	content = append(content, d.targetList(w, e), ui.Form{Action: t.path + "/effect", CSRF: d.csrf(c), Items: append(items, ui.Button{Text: w.Say("common.continue")})})
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("effect.title"), Back: t.path, Content: content})
}

// effect is the sentence of the effect page: "3 documents, of 2 kinds".
func effect(w ui.Words, e casework.Ending) string {
	if e.Large() {
		return largeEffect(w, e)
	}
	return w.Say("effect.lead", "documents", w.Count("effect.documents", len(e.Targets)), "kinds", w.Count("effect.kinds", e.Kinds()))
}

func (d *Door) targetList(w ui.Words, e casework.Ending) ui.Component {
	table := ui.Table{Caption: w.Say("effect.list"), Head: []ui.TableCell{{Text: w.Say("effect.document")}, {Text: w.Say("effect.progress")}}}
	for _, t := range e.Targets {
		table.Rows = append(table.Rows, []ui.TableCell{{Text: d.typeName(w, t.DocumentType)}, {Text: w.Say("progress." + string(t.Progress))}})
	}
	return table
}

// PostEffect leads to the last page before it is done.
func (d *Door) PostEffect(c *gin.Context, v *visit) error {
	t, err := d.target(c, v)
	if err != nil {
		return err
	}
	if _, err := d.form(c); err != nil {
		return err
	}
	return redirect(c, t.path+"/check")
}

// GetCheck asks to check the answers. The form carries the digest of what is shown: nothing else is agreed to.
func (d *Door) GetCheck(c *gin.Context, v *visit) error {
	t, r, e, ok, err := d.prepared(c, v)
	if !ok {
		return err
	}
	w := d.words(c)
	items, err := d.kept(v, t, &r)
	if err != nil {
		return err
	}
	change := func(hidden string) ui.Actions {
		return ui.Actions{Items: []ui.Action{{Text: w.Say("check.change"), Href: t.path, VisuallyHiddenText: hidden}}}
	}
	rows := []ui.SummaryRow{ui.Row(w.Say("check.what"), w.Say(t.titleKey()))}
	if t.Person != "" {
		rows = append(rows, ui.Row(w.Say("check.who"), t.view.Case.Name))
	}
	reason := ui.Row(w.Say("check.reason"), d.reason(w, r.Reason))
	reason.Actions = change(w.Say("check.reason"))
	rows = append(rows, reason)
	if r.Note != "" {
		rows = append(rows, ui.Row(w.Say("check.note"), r.Note))
	}
	rows = append(rows, ui.Row(w.Say("check.effect"), effect(w, e)))
	items = append(items, ui.Hidden{Name: "digest", Value: e.Digest()}, ui.Button{Text: w.Say("check.button"), Classes: "govuk-button--warning", PreventDoubleClick: new(true)})
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("check.title"), Back: t.path + "/effect", Content: []ui.Component{
		ui.SummaryList{Rows: rows}, ui.Form{Action: t.path + "/check", CSRF: d.csrf(c), Items: items},
	}})
}

// PostCheck plans the ending. Sent twice, it is one: its id was made with the draft.
func (d *Door) PostCheck(c *gin.Context, v *visit) error {
	t, err := d.target(c, v)
	if err != nil {
		return err
	}
	form, err := d.form(c)
	if err != nil {
		return err
	}
	kept, ok := v.Drafts[t.path]
	if !ok {
		return redirect(c, t.path)
	}
	e, err := d.Casework.Plan(c.Request.Context(), v.Staff, kept.Request, form.Get("digest"))
	if err != nil {
		return err
	}
	return redirect(c, pathEndings+e.ID)
}

// GetEnding shows how far an ending is: it can be stopped, it runs, it is seen.
func (d *Door) GetEnding(c *gin.Context, v *visit) error {
	e, err := d.Casework.Ending(c.Request.Context(), v.Staff, c.Param("id"))
	if err != nil {
		return err
	}
	w := d.words(c)
	p := ui.Page{Title: w.Say("ending." + string(e.State) + ".title"), Wide: true}
	p.Content = []ui.Component{ui.P(w.Say("ending." + string(e.State) + ".text"))}
	if e.State == casework.StatePlanned || e.State == casework.StateRunning {
		p.Content = append(p.Content, watch(&p, w, c.Query("watch") != "", pathEndings+e.ID))
	}
	if e.Late && e.State == casework.StateRunning {
		p.Content = append(p.Content, ui.WarningText{Text: w.Say("ending.late")})
	}
	if e.State == casework.StateAwaiting || e.Unreviewed() {
		p.Content = append(p.Content, d.agreement(c, v, w, e)...)
	}
	if e.Stoppable(d.Now()) {
		p.Content = append(p.Content, ui.Form{Action: pathEndings + e.ID + "/stop", CSRF: d.csrf(c), Items: []ui.Component{ui.Button{Text: w.Say("ending.stop"), Classes: "govuk-button--warning"}}})
	}
	if e.Large() {
		p.Content = append(p.Content, largeProgress(w, e))
	} else {
		p.Content = append(p.Content, d.targetList(w, e))
	}
	if k := slices.IndexFunc(v.Known, func(k known) bool { return k.Person == e.Person }); k >= 0 {
		base := v.personPath(e.Person)
		links := []ui.Component{ui.SecondaryButton(w.Say("ending.back"), base)}
		if e.State == casework.StateDone && v.Staff.Can(casework.RoleIssue) {
			links = append([]ui.Component{ui.Button{Text: w.Say("ending.again"), Href: base + "/offer"}}, links...)
		}
		p.Content = append(p.Content, ui.ButtonGroup{Items: links})
	}
	return d.write(c, v, http.StatusOK, p)
}

// watch makes a page that waits renew itself: by its script or, without one, for a reader who asked for that (WCAG 2.2, SC
// 2.2.1).
func watch(p *ui.Page, w ui.Words, asked bool, path string) ui.Component {
	p.Refresh, p.Patient = 5, !asked
	text, to := w.Say("ending.watch"), path+"?watch=1"
	if asked {
		text, to = w.Say("ending.unwatch"), path
	}
	return ui.Raw("<noscript>" + ui.PHTML(ui.Link(text, to)).HTML() + "</noscript>")
}

// agreement is what a second person reads, and agrees to.
func (d *Door) agreement(c *gin.Context, v *visit, w ui.Words, e casework.Ending) []ui.Component {
	rows := []ui.SummaryRow{ui.Row(w.Say("queue.by"), e.By), ui.Row(w.Say("check.reason"), d.reason(w, e.Reason)), ui.Row(w.Say("check.effect"), effect(w, e)),
		ui.Row(w.Say("queue.until"), w.Date(e.Created.Add(casework.ApprovalTime))+", "+w.Time(e.Created.Add(casework.ApprovalTime)))}
	if e.Note != "" {
		rows = append(rows, ui.Row(w.Say("check.note"), e.Note))
	}
	out := []ui.Component{ui.SummaryList{Rows: rows}}
	button := func(path, text, classes string) ui.Component {
		return ui.Form{Action: pathEndings + e.ID + path, CSRF: d.csrf(c), Items: []ui.Component{
			ui.Hidden{Name: "digest", Value: e.Digest()}, ui.Button{Text: w.Say(text), Classes: classes, PreventDoubleClick: new(true)},
		}}
	}
	switch own := e.By == v.Staff.Username; {
	case own && e.MayRunAlone():
		out = append(out, ui.H2(w.Say("alone.title")), ui.P(w.Say("alone.text")), button("/alone", "alone.button", "govuk-button--warning"))
	case own || !v.Staff.Can(casework.RoleApprove):
	case e.Unreviewed():
		out = append(out, ui.P(w.Say("review.text")), button("/review", "review.button", ""))
	default:
		out = append(out, button("/approve", "queue.agree", ""))
	}
	return out
}

// PostAlone has an ending run without a second person, in an emergency.
func (d *Door) PostAlone(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	e, err := d.Casework.RunAlone(c.Request.Context(), v.Staff, c.Param("id"), form.Get("digest"))
	if err != nil {
		return err
	}
	return redirect(c, pathEndings+e.ID)
}

// PostReview is a second person's look at what one did alone.
func (d *Door) PostReview(c *gin.Context, v *visit) error {
	if _, err := d.form(c); err != nil {
		return err
	}
	e, err := d.Casework.Review(c.Request.Context(), v.Staff, c.Param("id"))
	if err != nil {
		return err
	}
	return redirect(c, pathEndings+e.ID)
}

// lateBanner tells whoever ended documents that the published list does not say so yet; nil when there is nothing to tell.
func (d *Door) lateBanner(c *gin.Context, v *visit, w ui.Words) (ui.Component, error) {
	late, err := d.Casework.Late(c.Request.Context(), v.Staff)
	if err != nil || len(late) == 0 {
		return nil, err
	}
	links := []ui.Component{ui.P(w.Say("ending.late"))}
	for _, e := range late {
		links = append(links, ui.PHTML(ui.Link(d.reason(w, e.Reason)+" – "+w.Date(e.Runs)+", "+w.Time(e.Runs), pathEndings+e.ID)))
	}
	return ui.NotificationBanner{Html: w.Join(links...), TitleText: w.Say("suggest.important")}, nil
}

// PostStop stops an ending, if it is in time.
func (d *Door) PostStop(c *gin.Context, v *visit) error {
	if _, err := d.form(c); err != nil {
		return err
	}
	e, err := d.Casework.Stop(c.Request.Context(), v.Staff, c.Param("id"))
	if err != nil {
		return err
	}
	return redirect(c, pathEndings+e.ID)
}

// PostApprove is the second person's agreement.
func (d *Door) PostApprove(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	e, err := d.Casework.Approve(c.Request.Context(), v.Staff, c.Param("id"), form.Get("digest"))
	if err != nil {
		return err
	}
	return redirect(c, pathEndings+e.ID)
}

// GetQueue lists what awaits a second person.
func (d *Door) GetQueue(c *gin.Context, v *visit) error {
	queue, err := d.Casework.Queue(c.Request.Context(), v.Staff)
	if err != nil {
		return err
	}
	w := d.words(c)
	p := ui.Page{Title: w.Say("queue.title"), Wide: true}
	if len(queue) == 0 {
		p.Content = []ui.Component{ui.P(w.Say("queue.none"))}
		return d.write(c, v, http.StatusOK, p)
	}
	p.Content = []ui.Component{ui.P(w.Count("queue.caption", len(queue)))}
	for _, e := range queue {
		p.Content = append(p.Content, card(ui.Link(d.reason(w, e.Reason)+" – "+w.Date(e.Created)+", "+w.Time(e.Created), pathEndings+e.ID),
			ui.Row(w.Say("queue.by"), e.By), ui.Row(w.Say("queue.documents"), strconv.Itoa(e.Count()))))
	}
	return d.write(c, v, http.StatusOK, p)
}
