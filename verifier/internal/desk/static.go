package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/ui"
)

// The pages here are the same for everyone.

// GetStart answers with the start of the service.
func (d *Door) GetStart(c *gin.Context) error {
	return d.write(c, http.StatusOK, d.startPage(d.words(c)))
}

// GetPrivacy says what is seen and kept, and what others could still find out: the floor of what can be promised.
func (d *Door) GetPrivacy(c *gin.Context) error {
	w := d.words(c)
	content := []ui.Component{ui.Lead(w.Say("privacy.lead"))}
	content = append(content, section(w, "privacy.see", "privacy.keep", "privacy.issuer", "privacy.link")...)
	content = append(content, ui.P(w.Say("privacy.link.limit")))
	content = append(content, section(w, "privacy.you")...)
	return d.write(c, http.StatusOK, ui.Page{Title: w.Say("privacy.title"), Cacheable: true, Content: append(content, d.call(w)...)})
}

// GetCookies lists both cookies.
func (d *Door) GetCookies(c *gin.Context) error {
	w := d.words(c)
	cell := func(text string) ui.TableCell { return ui.TableCell{Text: text} }
	table := ui.Table{
		Caption: w.Say("cookies.title"), CaptionClasses: "govuk-visually-hidden", FirstCellIsHeader: true,
		Head: []ui.TableCell{cell(w.Say("cookies.name")), cell(w.Say("cookies.what")), cell(w.Say("cookies.ends"))},
		Rows: [][]ui.TableCell{
			{cell("__Host-desk"), cell(w.Say("cookies.session")), cell(w.Say("cookies.session.ends"))},
			{cell("lang"), cell(w.Say("cookies.lang")), cell(w.Say("cookies.lang.ends"))},
		},
	}
	return d.write(c, http.StatusOK, ui.Page{Title: w.Say("cookies.title"), Cacheable: true, Content: []ui.Component{
		ui.Lead(w.Say("cookies.lead")), table, ui.P(w.Say("cookies.none")),
	}})
}

// GetAccessibility says how well the service works for everyone.
func (d *Door) GetAccessibility(c *gin.Context) error {
	w := d.words(c)
	content := []ui.Component{
		ui.Lead(w.Say("access.lead")), ui.P(w.Say("access.can")),
		ui.Bullets(says(w, "access.can.zoom", "access.can.keyboard", "access.can.reader", "access.can.script")...),
	}
	content = append(content, section(w, "access.state", "access.tell")...)
	return d.write(c, http.StatusOK, ui.Page{Title: w.Say("access.title"), Cacheable: true, Content: append(content, d.call(w)...)})
}

// section says each message under a heading of its own: key, and key.text.
func section(w ui.Words, keys ...string) []ui.Component {
	var out []ui.Component
	for _, key := range keys {
		out = append(out, ui.H2(w.Say(key)), ui.P(w.Say(key+".text")))
	}
	return out
}
