package console

import (
	"context"
	"errors"
	"html/template"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/ui"
)

// suggestion says which documents stand though the record would not give them now, as after a recall, and suggests to end
// them: a person decides. It is nil when there are none, and says so when the record cannot be read.
func (d *Door) suggestion(c *gin.Context, v *visit, w ui.Words, base string, view casework.View) ui.Component {
	found, err := d.unsupported(c.Request.Context(), view)
	switch {
	case err != nil:
		return ui.InsetText{Text: w.Say("suggest.away")}
	case len(found) == 0:
		return nil
	}
	names := make([]template.HTML, len(found))
	for i, cred := range found {
		names[i] = template.HTML(template.HTMLEscapeString(d.typeName(w, cred.DocumentType) + " – " + cred.DocumentNumber)) // escaped
	}
	said := []ui.Component{ui.P(w.Count("suggest.text", len(found))), ui.BulletsHTML(names...)}
	if v.Staff.Can(casework.RoleRevoke) {
		said = append(said, ui.PHTML(ui.Link(w.Say("documents.endall"), base+"/end/"+v.handle("what", whatPerson))))
	}
	return ui.NotificationBanner{Html: w.Join(said...), TitleText: w.Say("suggest.important")}
}

// unsupported asks the record anew, once for each kind of facts.
func (d *Door) unsupported(ctx context.Context, view casework.View) ([]issuance.Credential, error) {
	type question struct {
		source string
		record issuance.Record
	}
	known := map[question]credential.Facts{}
	var out []issuance.Credential
	for _, cred := range view.Documents {
		i := slices.IndexFunc(d.Documents, func(doc *document.Document) bool { return doc.Type == cred.DocumentType })
		if i < 0 || !casework.Stands(cred, d.Now()) {
			continue
		}
		q := question{d.Documents[i].Source, cred.Record}
		facts, asked := known[q]
		if !asked {
			var err error
			facts, err = d.Records.Facts(ctx, q.source, q.record)
			if err != nil && !errors.Is(err, issuance.ErrNotFound) { // whoever is not in the record is given nothing
				return nil, err
			}
			known[q] = facts
		}
		if err := d.Documents[i].Decide(facts); fault.KindOf(err) == fault.Forbidden {
			out = append(out, cred)
		}
	}
	return out, nil
}
