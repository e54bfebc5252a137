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

// GetCookies lists both cookies, one below the other: a table does not fit a phone.
func (d *Door) GetCookies(c *gin.Context) error {
	w := d.words(c)
	content := []ui.Component{ui.Lead(w.Say("cookies.lead"))}
	for _, one := range []struct{ name, key string }{{"__Host-desk", "cookies.session"}, {"lang", "cookies.lang"}} {
		content = append(content, ui.H2(one.name), ui.SummaryList{Rows: []ui.SummaryRow{
			ui.Row(w.Say("cookies.what"), w.Say(one.key)), ui.Row(w.Say("cookies.ends"), w.Say(one.key+".ends")),
		}})
	}
	return d.write(c, http.StatusOK, ui.Page{Title: w.Say("cookies.title"), Cacheable: true, Content: append(content, ui.P(w.Say("cookies.none")))})
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
