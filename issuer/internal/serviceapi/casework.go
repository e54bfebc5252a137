package serviceapi

import (
	_ "embed"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
)

// openapi describes every path of this door.
//
//go:embed openapi.yaml
var openapi []byte

// GetDescription answers GET /api/openapi.yaml.
func (a *API) GetDescription(c *gin.Context) error {
	c.Data(http.StatusOK, "application/yaml", openapi)
	return nil
}

// CodePerson is of the fault of a service that asks for itself what two people decide on.
const CodePerson = "person_needed"

// caller is who a token is of.
type caller struct {
	casework.Staff

	// Person says that the token is of somebody: HMPPS Auth names the user on whose behalf a service asks. A service that
	// asks for itself is none of two people: the same one could be behind both.
	Person bool
}

// staff returns who calls, as the console would know them: with the teams of the claim teams, or none. What they may do is
// decided by casework.
func (a *API) staff(c *gin.Context) (caller, error) {
	token, err := httpserver.Bearer(c)
	if err != nil {
		return caller{}, err
	}
	who, err := a.identify(c.Request.Context(), token)
	if err == nil || fault.KindOf(err) == fault.Unavailable {
		return who, err
	}
	return caller{}, fault.Wrap(fault.Unauthorized, issuance.CodeInvalidToken, "", err)
}

type caseSearch struct {
	PrisonNumber string         `json:"prisonNumber"`
	CRN          string         `json:"crn"`
	GivenName    string         `json:"givenName"`
	FamilyName   string         `json:"familyName"`
	BirthDate    string         `json:"birthDate"`
	Wider        casework.Wider `json:"wider"`
}

type foundCase struct {
	PrisonNumber string `json:"prisonNumber"`
	CRN          string `json:"crn,omitempty"`
	Name         string `json:"name"`
	BirthDate    string `json:"birthDate"`
	Team         string `json:"team"`
	TeamName     string `json:"teamName"`
	Live         int    `json:"liveDocuments"`
}

// PostCases answers POST /api/cases/search with the cases the caller may know of: those of the token's teams.
func (a *API) PostCases(c *gin.Context) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	var r caseSearch
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	q := casework.Query{PrisonNumber: r.PrisonNumber, CRN: r.CRN, GivenName: r.GivenName, FamilyName: r.FamilyName}
	if q.BirthDate, err = readDay(r.BirthDate); err != nil {
		return err
	}
	found, err := a.Casework.Find(c.Request.Context(), who.Staff, q, r.Wider)
	if err != nil {
		return err
	}
	out := make([]foundCase, len(found))
	for i, one := range found {
		live, err := a.Casework.LiveOf(c.Request.Context(), one)
		if err != nil {
			return err
		}
		out[i] = foundCase{one.PrisonNumber, one.CRN, one.Name, one.BirthDate.String(), one.Team, one.TeamName, live}
	}
	c.JSON(http.StatusOK, gin.H{"cases": out})
	return nil
}

// readDay reads a day that may be left out.
func readDay(text string) (credential.Date, error) {
	if text == "" {
		return credential.Date{}, nil
	}
	day, err := credential.ParseDate(text)
	if err != nil {
		return day, fault.New(fault.Invalid, httpserver.CodeInvalidRequest, "a date is not of the form YYYY-MM-DD")
	}
	return day, nil
}

type about struct {
	Record string         `json:"record"`
	Wider  casework.Wider `json:"wider"`
}

// see reads a person for the caller, if they may, after an audit record of it.
func (a *API) see(c *gin.Context, who caller, r about, part string) (casework.View, error) {
	return a.Casework.View(c.Request.Context(), who.Staff, r.Record, r.Wider, part)
}

type happening struct {
	Kind         casework.HappeningKind `json:"kind"`
	CredentialID string                 `json:"credentialId"`
	DocumentType string                 `json:"documentType"`
	At           *time.Time             `json:"at,omitempty"`
	Reason       issuance.Reason        `json:"reason,omitempty"`
}

// PostTimeline answers POST /api/cases/timeline with the life of a person's documents, the latest first.
func (a *API) PostTimeline(c *gin.Context) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	var r about
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	v, err := a.see(c, who, r, "timeline")
	if err != nil {
		return err
	}
	out := []happening{}
	for _, h := range a.Casework.Timeline(c.Request.Context(), v) {
		one := happening{Kind: h.Kind, CredentialID: h.Document, DocumentType: h.DocumentType, Reason: h.Reason}
		if !h.At.IsZero() {
			one.At = &h.At
		}
		out = append(out, one)
	}
	c.JSON(http.StatusOK, gin.H{"happenings": out})
	return nil
}

type endingRequest struct {
	ID     string          `json:"id"`
	Scope  casework.Scope  `json:"scope"`
	Record string          `json:"record"`
	Item   string          `json:"item"`
	Batch  []string        `json:"credentialIds"`
	Reason issuance.Reason `json:"reason"`
	Note   string          `json:"note"`
	Wider  casework.Wider  `json:"wider"`
	Digest string          `json:"digest"`
}

// readEnding reads who asks for which ending, of a person whom they may see.
func (a *API) readEnding(c *gin.Context) (caller, casework.Request, string, error) {
	who, err := a.staff(c)
	if err != nil {
		return who, casework.Request{}, "", err
	}
	var r endingRequest
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return who, casework.Request{}, "", err
	}
	if r.Record != "" {
		_, err = a.see(c, who, about{r.Record, r.Wider}, "end")
	}
	return who, casework.Request{ID: r.ID, Scope: r.Scope, Person: r.Record, Item: r.Item, Batch: r.Batch, Reason: r.Reason, Note: r.Note}, r.Digest, err
}

type endingAnswer struct {
	ID        string          `json:"id"`
	State     casework.State  `json:"state"`
	Scope     casework.Scope  `json:"scope"`
	Reason    issuance.Reason `json:"reason"`
	Note      string          `json:"note,omitempty"`
	By        string          `json:"by"`
	Approver  string          `json:"approver,omitempty"`
	Digest    string          `json:"digest"`
	Second    bool            `json:"needsSecondPerson"`
	Runs      *time.Time      `json:"runs,omitempty"`
	Documents []endingTarget  `json:"documents"`          // none of a large ending
	Progress  *progress       `json:"progress,omitempty"` // of a large ending
}

type endingTarget struct {
	CredentialID string            `json:"credentialId"`
	DocumentType string            `json:"documentType"`
	Progress     casework.Progress `json:"progress"`
}

func answerOf(e casework.Ending) endingAnswer {
	out := endingAnswer{
		ID: e.ID, State: e.State, Scope: e.Scope, Reason: e.Reason, Note: e.Note, By: e.By, Approver: e.Approver, Digest: e.Digest(),
		Second: e.NeedsSecond(), Documents: make([]endingTarget, len(e.Targets)),
	}
	if !e.Runs.IsZero() {
		out.Runs = &e.Runs
	}
	if e.Large() {
		out.Progress = progressOf(e)
	}
	for i, t := range e.Targets {
		out.Documents[i] = endingTarget{t.Credential, t.DocumentType, t.Progress}
	}
	return out
}

// PostEffect answers POST /api/endings/effect with what an ending would do. Nothing is done.
func (a *API) PostEffect(c *gin.Context) error {
	who, r, _, err := a.readEnding(c)
	if err != nil {
		return err
	}
	e, err := a.Casework.Effect(c.Request.Context(), who.Staff, r)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOf(e))
	return nil
}

// PostEnding answers POST /api/endings: 201 with the plan, ten seconds ahead or awaiting a second person. It names the digest
// of the effect that was shown, and may be repeated.
func (a *API) PostEnding(c *gin.Context) error {
	who, r, digest, err := a.readEnding(c)
	if err != nil {
		return err
	}
	if err := a.oneOfTwo(c, who, r); err != nil {
		return err
	}
	e, err := a.Casework.Plan(c.Request.Context(), who.Staff, r, digest)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, answerOf(e))
	return nil
}

// oneOfTwo refuses a service that asks for itself what two people must agree to.
func (a *API) oneOfTwo(c *gin.Context, who caller, r casework.Request) error {
	if who.Person {
		return nil
	}
	e, err := a.Casework.Effect(c.Request.Context(), who.Staff, r)
	if fault.CodeOf(err) == casework.CodeNothing {
		return nil // sent again after it ran, say: Plan knows
	}
	if err == nil && e.NeedsSecond() {
		return errPerson()
	}
	return err
}

func errPerson() error {
	return fault.New(fault.Forbidden, CodePerson, "two people decide on this: the token must name the user who asks")
}

// GetEnding answers GET /api/endings/{id} with how far an ending is.
func (a *API) GetEnding(c *gin.Context) error {
	return a.one(c, func(who caller) (casework.Ending, error) {
		return a.Casework.Ending(c.Request.Context(), who.Staff, c.Param("id"))
	})
}

// PostStop answers POST /api/endings/{id}/stop. It may be repeated.
func (a *API) PostStop(c *gin.Context) error {
	return a.one(c, func(who caller) (casework.Ending, error) {
		return a.Casework.Stop(c.Request.Context(), who.Staff, c.Param("id"))
	})
}

// PostAgreement answers POST /api/endings/{id}/agreement: the second person's, to the set named by its digest.
func (a *API) PostAgreement(c *gin.Context) error {
	return a.one(c, func(who caller) (casework.Ending, error) {
		var r struct {
			Digest string `json:"digest"`
		}
		if err := httpserver.ReadJSON(c, &r); err != nil {
			return casework.Ending{}, err
		}
		if !who.Person {
			return casework.Ending{}, errPerson()
		}
		return a.Casework.Approve(c.Request.Context(), who.Staff, c.Param("id"), r.Digest)
	})
}

func (a *API) one(c *gin.Context, act func(caller) (casework.Ending, error)) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	e, err := act(who)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOf(e))
	return nil
}

// GetEndings answers GET /api/endings with what awaits a second person.
func (a *API) GetEndings(c *gin.Context) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	queue, err := a.Casework.Queue(c.Request.Context(), who.Staff)
	if err != nil {
		return err
	}
	out := make([]endingAnswer, len(queue))
	for i, e := range queue {
		out[i] = answerOf(e)
	}
	c.JSON(http.StatusOK, gin.H{"endings": out})
	return nil
}

type approvalBody struct {
	Reference  string         `json:"reference"`
	Record     string         `json:"record"`
	Kind       casework.Kind  `json:"kind"`
	What       string         `json:"what"`
	ApprovedOn string         `json:"approvedOn"`
	Until      string         `json:"until"`
	Conditions []string       `json:"conditions"`
	TeamPhone  string         `json:"teamPhone"`
	Withdrawn  bool           `json:"withdrawn"`
	Wider      casework.Wider `json:"wider,omitempty"`
}

func bodyOf(a casework.Approval) approvalBody {
	return approvalBody{
		Reference: a.Reference, Record: a.Person, Kind: a.Kind, What: a.What, ApprovedOn: a.ApprovedOn.String(), Until: a.Until.String(),
		Conditions: append([]string{}, a.Conditions...), TeamPhone: a.TeamPhone, Withdrawn: a.Withdrawn,
	}
}

// PostApproval answers POST /api/approvals: 201 with the approval, from today. The same reference again is the same approval.
func (a *API) PostApproval(c *gin.Context) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	var r approvalBody
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	until, err := readDay(r.Until)
	if err != nil {
		return err
	}
	if _, err := a.see(c, who, about{r.Record, r.Wider}, "approval"); err != nil {
		return err
	}
	kept, err := a.Casework.IssueApproval(c.Request.Context(), who.Staff, casework.Approval{
		Reference: r.Reference, Person: r.Record, Kind: r.Kind, What: r.What, Until: until, Conditions: r.Conditions, TeamPhone: r.TeamPhone,
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, bodyOf(kept))
	return nil
}

// PostApprovals answers POST /api/approvals/search with what was approved for a person.
func (a *API) PostApprovals(c *gin.Context) error {
	who, err := a.staff(c)
	if err != nil {
		return err
	}
	var r about
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	v, err := a.see(c, who, r, "approvals")
	if err != nil {
		return err
	}
	all, err := a.Casework.ApprovalsOf(c.Request.Context(), who.Staff, v)
	if err != nil {
		return err
	}
	out := make([]approvalBody, len(all))
	for i, one := range all {
		out[i] = bodyOf(one)
	}
	c.JSON(http.StatusOK, gin.H{"approvals": out})
	return nil
}
