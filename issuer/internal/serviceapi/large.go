package serviceapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
)

// MaxLargeBody is of a request that names as many documents as an ending may have.
const MaxLargeBody = 5 << 20

// progress is how far a large ending is. Of the documents it names, ended, gone and failed make up those that were dealt with.
type progress struct {
	Total  int `json:"total"`
	Ended  int `json:"ended"`  // by this ending, or before
	Gone   int `json:"gone"`   // expired, or kept no more: nothing to end
	Failed int `json:"failed"` // in no status list that is known: tried again
	Seen   int `json:"seen"`   // in the published list
}

func progressOf(e casework.Ending) *progress {
	p := e.Bulk.Progress()
	return &progress{e.Bulk.Total, p.Ended, p.Gone, p.Failed, e.Bulk.Seen}
}

type largeRequest struct {
	ID     string          `json:"id"`
	Batch  []string        `json:"credentialIds"` // these; or
	Key    string          `json:"keyId"`         // all that this key signed
	Reason issuance.Reason `json:"reason"`
	Note   string          `json:"note"`
}

// PostLarge answers POST /api/endings/large: 202 with a plan that awaits a second person, of up to 100,000 documents or of all
// that a key signed. How far it is stands at /api/endings/{id}. It may be repeated.
func (a *API) PostLarge(c *gin.Context) error {
	who, err := a.actor(c, RoleRevoke) // before so large a body is read
	if err != nil {
		return err
	}
	if !who.Person {
		return errPerson()
	}
	var r largeRequest
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	request := casework.Request{ID: r.ID, Scope: casework.ScopeBatch, Batch: r.Batch, Item: r.Key, Reason: r.Reason, Note: r.Note}
	if r.Key != "" {
		request.Scope = casework.ScopeKey
	}
	e, err := a.Casework.PlanLarge(c.Request.Context(), who.Staff, request)
	if err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, answerOf(e))
	return nil
}
