package conditions

import (
	"regexp"
	"slices"
	"strconv"
)

// curfewTag is the purpose of an electronic tag that watches a curfew.
const curfewTag = "CURFEW"

// Summarise says what may be told of a licence's All Purpose conditions. policyVersion is the wire name, such as V4_0;
// bespoke is the number of conditions written for this one licence: free text, so never told.
func (t *Table) Summarise(policyVersion string, standard []string, extra []Additional, bespoke int) Summary {
	s := Summary{PolicyVersion: t.versions[policyVersion], Other: bespoke > 0}
	for _, code := range standard {
		t.addStandard(&s, code)
	}
	for _, a := range extra {
		t.addAdditional(&s, a)
	}
	s.CurfewStart, s.CurfewEnd = t.curfewHours(s.PolicyVersion, extra)
	return s
}

func (t *Table) addStandard(s *Summary, code string) {
	known, ok := t.standard[row{s.PolicyVersion, code}]
	if !ok {
		s.Other = true
		return
	}
	s.Standard = append(s.Standard, code)
	s.AddressApproval = s.AddressApproval || known.requires == addressApproval
	s.WorkApproval = s.WorkApproval || known.requires == workApproval
}

func (t *Table) addAdditional(s *Summary, a Additional) {
	known, ok := t.additional[row{s.PolicyVersion, a.Code}]
	if !ok {
		s.Other = true
		return
	}
	if !slices.Contains(s.Categories, known.category) {
		s.Categories = append(s.Categories, known.category)
	}
	s.Curfew = s.Curfew || known.curfew || slices.Contains(a.Restrictions, curfewTag)
	// The words must be the policy's own: an allow-listed code with a name typed into it is told as nothing.
	if known.text == "" || known.text != a.Text {
		s.Other = true
		return
	}
	s.Texts = append(s.Texts, Text{a.Code, a.Text})
}

// curfewHours returns the hours of the one curfew there is; two curfews a day have no single start.
func (t *Table) curfewHours(version string, extra []Additional) (start, end string) {
	var curfews []Additional
	for _, a := range extra {
		if t.additional[row{version, a.Code}].curfew {
			curfews = append(curfews, a)
		}
	}
	if len(curfews) != 1 {
		return "", ""
	}
	times := timeOfDay.FindAllStringSubmatch(curfews[0].Text, -1)
	if len(times) != 2 {
		return "", ""
	}
	start, end = clock(times[0]), clock(times[1])
	if start == "" || end == "" {
		return "", ""
	}
	return start, end
}

// timeOfDay is a time as the licence service writes it into a condition: 07:00pm.
var timeOfDay = regexp.MustCompile(`\b(\d{1,2}):([0-5]\d) ?([ap])m\b`)

// clock turns hour, minute and a or p into HH:MM of 24 hours, or "".
func clock(match []string) string {
	hour, err := strconv.Atoi(match[1])
	if err != nil || hour < 1 || hour > 12 {
		return ""
	}
	hour %= 12
	if match[3] == "p" {
		hour += 12
	}
	return strconv.Itoa(hour/10) + strconv.Itoa(hour%10) + ":" + match[2]
}
