package console

import (
	"strconv"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/ui"
)

// largeEffect says how many documents a large ending is about and, of a key, which key.
func largeEffect(w ui.Words, e casework.Ending) string {
	documents := w.Count("effect.documents", e.Count())
	if e.Scope == casework.ScopeKey {
		return w.Say("large.key", "documents", documents, "key", e.Item)
	}
	return documents
}

// largeProgress is how far a large ending is, in numbers: its documents are too many for a list.
func largeProgress(w ui.Words, e casework.Ending) ui.Component {
	p := e.Bulk.Progress()
	rows := []ui.SummaryRow{
		ui.Row(w.Say("large.total"), strconv.Itoa(e.Count())),
		ui.Row(w.Say("large.ended"), strconv.Itoa(p.Ended)),
		ui.Row(w.Say("large.seen"), strconv.Itoa(e.Bulk.Seen)),
	}
	if p.Gone > 0 {
		rows = append(rows, ui.Row(w.Say("large.gone"), strconv.Itoa(p.Gone)))
	}
	if p.Failed > 0 {
		rows = append(rows, ui.Row(w.Say("large.failed"), strconv.Itoa(p.Failed)))
	}
	return ui.SummaryList{Rows: rows}
}
