package ui

import (
	"html/template"
	"strconv"
)

// Cell is text or HTML in a place of its own.
type Cell struct {
	Text    string        `json:"text"`
	Html    template.HTML `json:"html"`
	Classes string        `json:"classes"`
}

// Action is a link to change what is beside it.
type Action struct {
	Text               string        `json:"text"`
	Html               template.HTML `json:"html"`
	Href               string        `json:"href"`
	VisuallyHiddenText string        `json:"visuallyHiddenText"` // says what it changes
	Classes            string        `json:"classes"`
	Attributes         Attributes    `json:"attributes"`
}

// Actions are links to change what is beside them.
type Actions struct {
	Items   []Action `json:"items"`
	Classes string   `json:"classes"`
}

// SummaryRow is one fact, or one answer given.
type SummaryRow struct {
	Key     Cell    `json:"key"`
	Value   Cell    `json:"value"`
	Actions Actions `json:"actions"`
	Classes string  `json:"classes"`
}

// CardTitle names a summary card.
type CardTitle struct {
	Text         string        `json:"text"`
	Html         template.HTML `json:"html"`
	HeadingLevel int           `json:"headingLevel"`
	Classes      string        `json:"classes"`
}

// HeadingRank is the level of the heading.
func (c CardTitle) HeadingRank() int { return or(c.HeadingLevel, 2) }

// SummaryCard frames a summary list.
type SummaryCard struct {
	Title      *CardTitle `json:"title"`
	Actions    Actions    `json:"actions"`
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// SummaryList lists facts, or the answers given so far.
type SummaryList struct {
	Rows       []SummaryRow `json:"rows"`
	Card       *SummaryCard `json:"card"`
	Classes    string       `json:"classes"`
	Attributes Attributes   `json:"attributes"`
}

// HTML renders the list, within its card if it has one.
func (s SummaryList) HTML() template.HTML { return render("summary-list", s) }

// ActionHTML is the link of one action, which names the card it is in.
func (s SummaryList) ActionHTML(a Action) template.HTML {
	var title template.HTML
	if s.Card != nil && s.Card.Title != nil {
		title = content(s.Card.Title.Text, s.Card.Title.Html)
	}
	return render("action", struct {
		Action
		Title template.HTML
	}{a, title})
}

// AnyActions says whether any row can be changed.
func (s SummaryList) AnyActions() bool {
	for _, r := range s.Rows {
		if len(r.Actions.Items) > 0 {
			return true
		}
	}
	return false
}

// Row is a fact without HTML.
func Row(key, value string) SummaryRow {
	return SummaryRow{Key: Cell{Text: key}, Value: Cell{Text: value}}
}

// RowHTML is a fact with links or several lines in it.
func RowHTML(key string, value template.HTML) SummaryRow {
	return SummaryRow{Key: Cell{Text: key}, Value: Cell{Html: value}}
}

// TableCell is one cell of a table.
type TableCell struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Format     string        `json:"format"` // "numeric"
	Colspan    int           `json:"colspan"`
	Rowspan    int           `json:"rowspan"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// Table compares.
type Table struct {
	Caption           string        `json:"caption"`
	CaptionClasses    string        `json:"captionClasses"`
	Head              []TableCell   `json:"head"`
	Rows              [][]TableCell `json:"rows"`
	FirstCellIsHeader bool          `json:"firstCellIsHeader"`
	Classes           string        `json:"classes"`
	Attributes        Attributes    `json:"attributes"`
}

// HTML renders the table.
func (t Table) HTML() template.HTML { return render("table", t) }

// TabPanel is what is behind a tab.
type TabPanel struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Attributes Attributes    `json:"attributes"`
}

// TabItem is one tab.
type TabItem struct {
	ID         string     `json:"id"`
	Label      string     `json:"label"`
	Panel      TabPanel   `json:"panel"`
	Attributes Attributes `json:"attributes"`
}

// Tabs puts parts of a page one behind the other.
type Tabs struct {
	ID         string     `json:"id"`
	IDPrefix   string     `json:"idPrefix"`
	Title      string     `json:"title"` // "Contents", in the language of the page, when nothing is said
	Items      []TabItem  `json:"items"`
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// HTML renders the tabs.
func (t Tabs) HTML() template.HTML {
	items := make([]TabItem, len(t.Items))
	for i, item := range t.Items {
		if !given(item) {
			continue
		}
		item.ID = or(item.ID, t.IDPrefix+"-"+strconv.Itoa(i+1))
		items[i] = item
	}
	t.Items = items
	return render("tabs", t)
}

func (t Tabs) speak(w Words) Component {
	t.Title = or(t.Title, w.Say("common.contents"))
	return t
}

// TaskStatus is how far a task is.
type TaskStatus struct {
	Text    string        `json:"text"`
	Html    template.HTML `json:"html"`
	Tag     *Tag          `json:"tag"`
	Classes string        `json:"classes"`
}

// TaskItem is one task.
type TaskItem struct {
	Title   Cell       `json:"title"`
	Hint    *Hint      `json:"hint"`
	Status  TaskStatus `json:"status"`
	Href    string     `json:"href"`
	Classes string     `json:"classes"`
}

// TaskList lists what can be done, and how far each is.
type TaskList struct {
	IDPrefix   string     `json:"idPrefix"`
	Items      []TaskItem `json:"items"`
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// HTML renders the list.
func (t TaskList) HTML() template.HTML { return render("task-list", t) }

// IDOf is the beginning of the ids of the item at i.
func (t TaskList) IDOf(i int) string { return or(t.IDPrefix, "task-list") + "-" + strconv.Itoa(i+1) }

// PageLink leads to the page before or after.
type PageLink struct {
	Text       string        `json:"text"` // "Previous page" or "Next page", in the language of the page, when nothing is said
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"`
	LabelText  string        `json:"labelText"`
	Attributes Attributes    `json:"attributes"`
}

func (p *PageLink) say(text string) *PageLink {
	if p == nil || p.Text != "" || p.Html != "" {
		return p
	}
	said := *p
	said.Text = text
	return &said
}

// PageItem is one page of many.
type PageItem struct {
	Number             string     `json:"number"`
	Href               string     `json:"href"`
	Current            bool       `json:"current"`
	Ellipsis           bool       `json:"ellipsis"`
	VisuallyHiddenText string     `json:"visuallyHiddenText"`
	Attributes         Attributes `json:"attributes"`
}

// Pagination leads from page to page.
type Pagination struct {
	Previous      *PageLink  `json:"previous"`
	Next          *PageLink  `json:"next"`
	Items         []PageItem `json:"items"`
	LandmarkLabel string     `json:"landmarkLabel"`
	Classes       string     `json:"classes"`
	Attributes    Attributes `json:"attributes"`
}

// HTML renders the way from page to page.
func (p Pagination) HTML() template.HTML {
	p.LandmarkLabel = or(p.LandmarkLabel, "Pagination")
	return render("pagination", p)
}

// Block says whether there are only the pages before and after.
func (p Pagination) Block() bool { return p.Items == nil && (p.Previous != nil || p.Next != nil) }

// Listed says whether there is a list of pages.
func (p Pagination) Listed() bool { return p.Items != nil }

// PreviousLink is the link to the page before.
func (p Pagination) PreviousLink() template.HTML { return p.arrow(p.Previous, "prev") }

// NextLink is the link to the page after.
func (p Pagination) NextLink() template.HTML { return p.arrow(p.Next, "next") }

func (p Pagination) arrow(l *PageLink, kind string) template.HTML {
	if l == nil || l.Href == "" {
		return ""
	}
	words := template.HTML(`Next<span class="govuk-visually-hidden"> page</span>`)
	if kind == "prev" {
		words = `Previous<span class="govuk-visually-hidden"> page</span>`
	}
	if l.Text != "" || l.Html != "" {
		words = content(l.Text, l.Html)
	}
	return render("pagination-arrow", struct {
		PageLink
		Kind  string
		Words template.HTML
		Block bool
	}{*l, kind, words, p.Block()})
}

func (p Pagination) speak(w Words) Component {
	p.LandmarkLabel = or(p.LandmarkLabel, w.Say("common.pagination"))
	p.Previous, p.Next = p.Previous.say(w.Say("common.previous")), p.Next.say(w.Say("common.next"))
	items := make([]PageItem, len(p.Items))
	for i, item := range p.Items {
		item.VisuallyHiddenText = or(item.VisuallyHiddenText, w.Say("common.page", "number", item.Number))
		items[i] = item
	}
	if p.Items != nil {
		p.Items = items
	}
	return p
}
