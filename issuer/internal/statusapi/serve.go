package statusapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
)

// GetToken answers GET /t/:id with the list as a status list token: a JWT, or a CWT for whoever would rather have that.
func (s *Service) GetToken(c *gin.Context) error {
	p, err := s.current(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	c.Header("Vary", "Accept")
	if prefersCWT(c.GetHeader("Accept")) && len(p.CWT) > 0 {
		s.serve(c, p, statustoken.MediaType, string(p.CWT))
		return nil
	}
	s.serve(c, p, mediaTypeJWT, p.Token)
	return nil
}

const mediaTypeJWT = "application/statuslist+jwt"

// prefersCWT says whether accept (RFC 9110 §12.5.1) puts the CWT before the JWT. Whoever does not say gets the JWT, and so
// does whoever would take neither: a list with a type is of more use than a refusal.
func prefersCWT(accept string) bool {
	return quality(accept, statustoken.MediaType) > quality(accept, mediaTypeJWT)
}

const maxAccept = 16 // media ranges that are looked at

// quality is the weight that accept gives to exactly mediaType or, without that, to a range that holds it.
func quality(accept, mediaType string) float64 {
	weights := map[string]float64{}
	for _, part := range strings.SplitN(accept, ",", maxAccept) {
		name, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, ok := parameters["q"]; ok {
			if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		weights[name] = weight
	}
	for _, name := range []string{mediaType, "application/*", "*/*"} {
		if weight, ok := weights[name]; ok {
			return weight
		}
	}
	return 0
}

// GetBitstring answers GET /b/:id with the list as a bitstring status list credential. GOV.UK's pages show both kinds as
// application/statuslist+jwt; a credential is application/vc+jwt (W3C VC-JOSE-COSE §6.1.1), whatever was asked for.
func (s *Service) GetBitstring(c *gin.Context) error {
	p, err := s.current(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	s.serve(c, p, "application/vc+jwt", p.Bitstring)
	return nil
}

// current returns what may be served now: the newest this process has seen, so that lists are served while the store is
// away, and none comes back that was replaced.
func (s *Service) current(ctx context.Context, id string) (statuslist.Published, error) {
	if !s.known[id] || s.isRetired(id) {
		return statuslist.Published{}, fault.New(fault.NotFound, "NOT_FOUND", "Status List not found for endpoint uri")
	}
	_, err := s.readNewest(ctx, id)
	p, ok := s.remembered(id)
	if !ok {
		return statuslist.Published{}, unavailable(errors.Join(errors.New("no publication is known"), err))
	}
	if errors.Is(err, statuslist.ErrNoSlot) { // the store was emptied, and another process may have published a newer one
		return statuslist.Published{}, unavailable(errors.New("the newest publication is not known"))
	}
	if !s.deps.Now().Before(p.Expires) {
		return statuslist.Published{}, unavailable(errors.New("the newest publication has expired"))
	}
	return p, nil
}

// serve writes one form of a publication, or 304 when the caller has it. No query parameter changes the answer.
func (s *Service) serve(c *gin.Context, p statuslist.Published, mediaType, text string) {
	sum := sha256.Sum256([]byte(text))
	h := c.Writer.Header()
	h.Set("Content-Type", mediaType)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", s.maxAge(p)))
	h.Set("Access-Control-Allow-Origin", "*") // draft-ietf-oauth-status-list-20 §8.1
	http.ServeContent(c.Writer, c.Request, "", p.Issued, strings.NewReader(text))
}

// maxAge is what is left of the publication's time to live, in seconds, and ends before it expires.
func (s *Service) maxAge(p statuslist.Published) int64 {
	left := min(p.Issued.Add(s.config.TTL).Sub(s.deps.Now()), p.Expires.Sub(s.deps.Now()))
	return max(0, int64(left/time.Second))
}
