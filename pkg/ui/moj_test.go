package ui_test

import (
	"testing"
	"time"

	"justice-wallet/pkg/ui"
)

// TestMoJsComponents compares with what the templates of @ministryofjustice/frontend 11.1.0 make of the same; it ships no
// examples of its own. Two things are ours: the drawings of the alert, and that its button says it sends no form.
func TestMoJsComponents(t *testing.T) {
	at := time.Date(2026, 11, 23, 11, 42, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		component ui.Component
		want      string
	}{
		"identity bar": {ui.IdentityBar{Title: ui.Cell{Text: "Siân Llŷr"}, Classes: "a"}, `
			<div class="moj-identity-bar a">
			  <div class="moj-identity-bar__container">
			    <div class="moj-identity-bar__details"><span class="moj-identity-bar__title">Siân Llŷr</span></div>
			  </div>
			</div>`},
		"timeline": {ui.Timeline{HeadingLevel: 3, Items: []ui.TimelineItem{
			{Label: "Offered", Byline: "by Example Worker", At: at, Text: "One document", Classes: "b", Attributes: ui.Attributes{"data-a": "c"}},
			{Label: "Collected", At: at.Add(time.Hour), When: "an hour later", Html: "<p>Collected</p>"},
		}}, `
			<div class="moj-timeline">
			  <div class="moj-timeline__item b" data-a="c">
			    <div class="moj-timeline__header">
			      <h3 class="moj-timeline__title">Offered</h3>
			      <p class="moj-timeline__byline">by Example Worker</p>
			    </div>
			    <p class="moj-timeline__date"><time datetime="2026-11-23T11:42:00Z">23 November 2026, 11:42am</time></p>
			    <div class="moj-timeline__description">One document</div>
			  </div>
			  <div class="moj-timeline__item">
			    <div class="moj-timeline__header"><h3 class="moj-timeline__title">Collected</h3></div>
			    <p class="moj-timeline__date"><time datetime="2026-11-23T12:42:00Z">an hour later</time></p>
			    <div class="moj-timeline__description"><p>Collected</p></div>
			  </div>
			</div>`},
		"alert": {ui.Alert{Title: "Stopped", Text: "Nothing was ended.", Variant: "success", ShowTitleAsHeading: true, Dismissible: true}, `
			<div role="region" class="moj-alert moj-alert--success moj-alert--with-heading" aria-label="Success: Stopped" data-module="moj-alert" data-dismissible="true">
			  <div><svg class="moj-alert__icon" role="presentation" focusable="false" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 30" height="30" width="30"><path d="M3 16l8 8L27 8" fill="none" stroke="currentColor" stroke-width="4"></path></svg></div>
			  <div class="moj-alert__content"><h2 class="moj-alert__heading">Stopped</h2>Nothing was ended.</div>
			  <div class="moj-alert__action"><button class="moj-alert__dismiss" type="button" hidden>Dismiss</button></div>
			</div>`},
		"alert with a title alone": {ui.Alert{Title: "Wait", Role: "alert", ShowTitleAsHeading: true}, `
			<div role="alert" class="moj-alert moj-alert--information" aria-label="Information: Wait" data-module="moj-alert">
			  <div><svg class="moj-alert__icon" role="presentation" focusable="false" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 30" height="30" width="30"><circle cx="15" cy="15" r="11" fill="none" stroke="currentColor" stroke-width="3"></circle><path fill="currentColor" d="M13.5 8h3v3h-3zM13.5 13h3v9h-3z"></path></svg></div>
			  <div class="moj-alert__content">Wait</div>
			  <div class="moj-alert__action"><button class="moj-alert__dismiss" type="button" hidden>Dismiss</button></div>
			</div>`},
		"badge": {ui.Badge{Text: "Live", Classes: "moj-badge--green"}, `<span class="moj-badge moj-badge--green">Live</span>`},
		"sub-navigation": {ui.SubNavigation{Items: []ui.SubNavigationItem{{Text: "Documents", Href: "/documents", Active: true}, {Text: "Timeline", Href: "/timeline"}}}, `
			<nav class="moj-sub-navigation" aria-label="Secondary navigation">
			  <ul class="moj-sub-navigation__list">
			    <li class="moj-sub-navigation__item"><a class="moj-sub-navigation__link" aria-current="page" href="/documents">Documents</a></li>
			    <li class="moj-sub-navigation__item"><a class="moj-sub-navigation__link" href="/timeline">Timeline</a></li>
			  </ul>
			</nav>`},
		"interruption card": {ui.InterruptionCard{
			Heading: "Is this your own phone?", Items: []ui.Component{ui.P("Others could see it.")},
			Actions: []ui.PanelAction{{Text: "Continue", Type: "submit"}, {Text: "Leave", Href: "/"}},
		}, `
			<div class="moj-interruption-card">
			  <div class="moj-interruption-card__content">
			    <h1 class="moj-interruption-card__heading">Is this your own phone?</h1>
			    <div class="moj-interruption-card__body"><p class="govuk-body">Others could see it.</p></div>
			    <div class="govuk-button-group moj-interruption-card__actions">
			      <button type="submit" class="govuk-button govuk-button--inverse" data-module="govuk-button">Continue</button>
			      <a class="govuk-link govuk-link--inverse" href="/">Leave</a>
			    </div>
			  </div>
			</div>`},
	} {
		t.Run(name, func(t *testing.T) {
			spoken := string(messages(t).In(ui.English).Join(c.component))
			if got, want := normal(t, spoken), normal(t, c.want); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
