package desk

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/skip2/go-qrcode"

	"justice-wallet/pkg/fault"
	"justice-wallet/verifier/internal/openid4vp"
)

// looks is how often a stream looks before the browser must ask for another: it ends before a server's answer must.
const looks = 10

// qrSize is in pixels of the picture; the page shows it at half of that.
const qrSize = 640

// state of a check of this visit. It is nil for one that has ended, is another visit's or never was: the three look alike.
func (d *Door) state(c *gin.Context, who caller) (*check, openid4vp.State, error) {
	found := d.book.find(who.ID, c.Param("id"))
	if found == nil {
		return nil, openid4vp.State{}, nil
	}
	state, err := d.Checks.Result(found.ID, found.Secret, d.book.codeOf(found))
	if fault.CodeOf(err) == openid4vp.CodeNotFound { // nobody answered in time
		return found, openid4vp.State{}, nil
	}
	return found, state, err
}

// GetCheck shows the code or link, then the wait, then the result (V4, V5).
func (d *Door) GetCheck(c *gin.Context, who caller) error {
	if code := c.Query("response_code"); code != "" {
		return d.returned(c, who, code)
	}
	found, state, err := d.state(c, who)
	if err != nil {
		return err
	}
	w := d.words(c)
	switch {
	case found == nil:
		return d.write(c, http.StatusNotFound, d.tell(w, telling{Title: "over.title", Lines: []string{"over.text", "over.kept"}, Button: "result.new", Href: pathPurpose}))
	case state.Answer != nil:
		page, err := d.resultPage(w, who, found, state.Answer)
		if err != nil {
			return err
		}
		return d.write(c, http.StatusOK, page)
	case !d.Now().Before(found.Expires):
		return d.write(c, http.StatusOK, d.timedOutPage(w, found))
	}
	return d.write(c, http.StatusOK, d.showPage(w, found, c.Query("watch") != ""))
}

// returned takes the code that the wallet brought, and gets it out of the address.
func (d *Door) returned(c *gin.Context, who caller, code string) error {
	if found := d.book.find(who.ID, c.Param("id")); found != nil && onceForm.MatchString(code) {
		d.book.brought(found, code)
	}
	return redirect(c, c.Request.URL.Path)
}

// GetQR draws the code of a check that waits. It is bound to the visit, and stored nowhere.
func (d *Door) GetQR(c *gin.Context, who caller) error {
	found, state, err := d.state(c, who)
	if err != nil {
		return err
	}
	if found == nil || found.Flow != openid4vp.CrossDevice || state.Answer != nil || !d.Now().Before(found.Expires) {
		return fault.New(fault.NotFound, openid4vp.CodeNotFound, "")
	}
	png, err := qrcode.Encode(found.Link, qrcode.Low, qrSize)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "image/png", png)
	return nil
}

// GetEvents tells a waiting page, as a server-sent event, that there is something to see. It says no more. A stream ends
// after a few looks; a visit has few at a time, and one too many is told to come back by itself (HTML, "server-sent events":
// 204 stops the browser from trying again).
func (d *Door) GetEvents(c *gin.Context, who caller) error {
	if !d.book.stream(who.ID) {
		c.Status(http.StatusNoContent)
		return nil
	}
	defer d.book.unstream(who.ID)
	tick, stop := d.Tick()
	defer stop()
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	if _, err := c.Writer.WriteString("retry: 1000\n\n"); err != nil {
		return nil // the browser has gone
	}
	c.Writer.Flush()
	for range looks {
		found, state, err := d.state(c, who)
		if err != nil || found == nil || state.Answer != nil || !d.Now().Before(found.Expires) {
			_, _ = c.Writer.WriteString("event: done\ndata: \n\n") // an error is told by the page itself
			return nil
		}
		select {
		case <-c.Request.Context().Done():
			return nil
		case <-tick:
		}
	}
	return nil
}
