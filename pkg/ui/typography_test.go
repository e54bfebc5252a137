package ui_test

import (
	"testing"

	"justice-wallet/pkg/ui"
)

func TestTypography(t *testing.T) {
	for _, c := range []struct {
		component ui.Component
		want      string
	}{
		{ui.H1("a"), `<h1 class="govuk-heading-l">a</h1>`},
		{ui.H2("a"), `<h2 class="govuk-heading-m">a</h2>`},
		{ui.H3("a"), `<h3 class="govuk-heading-s">a</h3>`},
		{ui.Heading{Text: "a"}, `<h2 class="govuk-heading-m">a</h2>`},
		{ui.Heading{Level: 1, Text: "a", Size: "xl", ID: "b", Caption: "c"}, `<h1 id="b" class="govuk-heading-xl"><span class="govuk-caption-xl">c</span> a</h1>`},
		{ui.P("a & b"), `<p class="govuk-body">a &amp; b</p>`},
		{ui.PHTML("a " + ui.Link("b", "/c") + " " + ui.Strong("d")), `<p class="govuk-body">a <a class="govuk-link" href="/c">b</a> <strong>d</strong></p>`},
		{ui.Lead("a"), `<p class="govuk-body-l">a</p>`},
		{ui.Bullets("a", "b"), `<ul class="govuk-list govuk-list--bullet"><li>a</li><li>b</li></ul>`},
		{ui.BulletsHTML("<b>a</b>"), `<ul class="govuk-list govuk-list--bullet"><li><b>a</b></li></ul>`},
		{ui.Numbers("a", "b"), `<ol class="govuk-list govuk-list--number"><li>a</li><li>b</li></ol>`},
		{ui.NumbersHTML("<b>a</b>"), `<ol class="govuk-list govuk-list--number"><li><b>a</b></li></ol>`},
		{ui.Image{Src: "/a.png", Alt: "b", Width: 3, Height: 4, Classes: "app-qr"}, `<img src="/a.png" alt="b" width="3" height="4" class="app-qr">`},
		{ui.Image{Src: "/a.png"}, `<img src="/a.png" alt="">`},
		{ui.Raw("<hr>"), `<hr>`},
		{ui.Section{ID: "a", Classes: "b", Live: true, Data: ui.Attributes{"data-c": "d"}, Items: []ui.Component{ui.P("e")}},
			`<div id="a" class="b" role="status" aria-live="polite" data-c="d"><p class="govuk-body">e</p></div>`},
		{ui.Section{}, `<div></div>`},
		{ui.ButtonGroup{Items: []ui.Component{ui.Button{Text: "a"}, ui.SecondaryButton("b", "/c")}},
			`<div class="govuk-button-group"><button type="submit" class="govuk-button" data-module="govuk-button">a</button>
			<a href="/c" role="button" draggable="false" class="govuk-button govuk-button--secondary" data-module="govuk-button">b</a></div>`},
	} {
		if got, want := normal(t, string(c.component.HTML())), normal(t, c.want); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
}
