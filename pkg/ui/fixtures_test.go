//go:build browser

package ui_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"justice-wallet/pkg/ui"
)

// components are those of the design system that we have.
var components = map[string]func() ui.Component{
	"back-link":           func() ui.Component { return new(ui.BackLink) },
	"breadcrumbs":         func() ui.Component { return new(ui.Breadcrumbs) },
	"button":              func() ui.Component { return new(ui.Button) },
	"checkboxes":          func() ui.Component { return new(ui.Checkboxes) },
	"date-input":          func() ui.Component { return new(ui.DateInput) },
	"details":             func() ui.Component { return new(ui.Details) },
	"error-message":       func() ui.Component { return new(ui.ErrorMessage) },
	"error-summary":       func() ui.Component { return new(ui.ErrorSummary) },
	"exit-this-page":      func() ui.Component { return new(ui.ExitThisPage) },
	"fieldset":            func() ui.Component { return new(ui.Fieldset) },
	"footer":              func() ui.Component { return new(ui.Footer) },
	"generic-header":      func() ui.Component { return new(ui.GenericHeader) },
	"header":              func() ui.Component { return new(ui.Header) },
	"hint":                func() ui.Component { return new(ui.Hint) },
	"input":               func() ui.Component { return new(ui.Input) },
	"inset-text":          func() ui.Component { return new(ui.InsetText) },
	"label":               func() ui.Component { return new(ui.Label) },
	"language-navigation": func() ui.Component { return new(ui.LanguageNavigation) },
	"notification-banner": func() ui.Component { return new(ui.NotificationBanner) },
	"pagination":          func() ui.Component { return new(ui.Pagination) },
	"panel":               func() ui.Component { return new(ui.Panel) },
	"phase-banner":        func() ui.Component { return new(ui.PhaseBanner) },
	"radios":              func() ui.Component { return new(ui.Radios) },
	"select":              func() ui.Component { return new(ui.Select) },
	"service-navigation":  func() ui.Component { return new(ui.ServiceNavigation) },
	"skip-link":           func() ui.Component { return new(ui.SkipLink) },
	"summary-list":        func() ui.Component { return new(ui.SummaryList) },
	"table":               func() ui.Component { return new(ui.Table) },
	"tabs":                func() ui.Component { return new(ui.Tabs) },
	"tag":                 func() ui.Component { return new(ui.Tag) },
	"task-list":           func() ui.Component { return new(ui.TaskList) },
	"textarea":            func() ui.Component { return new(ui.Textarea) },
	"warning-text":        func() ui.Component { return new(ui.WarningText) },
}

type fixture struct {
	Name    string
	Options map[string]any
	HTML    string
}

const packaged = "node_modules/govuk-frontend/dist/govuk/components"

func fixtures(t *testing.T, component string) []fixture {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(packaged, component, "fixtures.json"))
	if err != nil {
		t.Fatalf("run make assets: %v", err)
	}
	var file struct{ Fixtures []fixture }
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Fixtures
}

// TestEveryFixtureOfTheDesignSystem renders each example that comes with govuk-frontend, hidden ones too, and compares what
// a browser would make of it with what it would make of the design system's own.
func TestEveryFixtureOfTheDesignSystem(t *testing.T) {
	passed, failed := 0, 0
	for name, empty := range components {
		for _, f := range fixtures(t, name) {
			ok := t.Run(name+"/"+f.Name, func(t *testing.T) {
				component := empty()
				decode(t, f.Options, component)
				got, want := normal(t, string(component.HTML())), normal(t, f.HTML)
				if got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
			if ok {
				passed++
			} else {
				failed++
			}
		}
	}
	fmt.Printf("fixtures: %d passed, %d failed\n", passed, failed)
	if passed < 614 {
		t.Errorf("only %d fixtures passed", passed)
	}
}

// drawings are those that come with the package, as a page would give them to the components.
func drawing(t *testing.T, name string) template.HTML {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("dist/parts", name+".html"))
	if err != nil {
		t.Fatalf("run make assets: %v", err)
	}
	return template.HTML(content)
}

// decode fills a component in with options, as JavaScript would take them: a member we do not know fails the test.
func decode(t *testing.T, options map[string]any, component ui.Component) {
	t.Helper()
	if licence, ok := options["contentLicence"]; ok && licence == nil { // null is how JavaScript says "none"
		options["noLicence"] = true
	}
	content, err := json.Marshal(coerce(options, reflect.TypeOf(component)))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(component); err != nil {
		t.Fatal(err)
	}
	switch c := component.(type) {
	case *ui.Header:
		c.Logo = drawing(t, "logo")
	case *ui.Footer:
		c.Crown, c.LicenceLogo = drawing(t, "crown"), drawing(t, "licence")
	}
}

// coerce turns what JavaScript takes for a value of our type into one: numbers and truths for text, an empty item for what is false.
func coerce(v any, to reflect.Type) any {
	for to.Kind() == reflect.Pointer {
		to = to.Elem()
	}
	switch v := v.(type) {
	case json.Number:
		if to.Kind() == reflect.String {
			return v.String()
		}
	case bool:
		if to.Kind() == reflect.Struct && !v {
			return map[string]any{}
		}
		if to == reflect.TypeFor[template.HTML]() && !v {
			return ""
		}
		if to.Kind() == reflect.String {
			return strconv.FormatBool(v)
		}
	case string:
		if to == reflect.TypeFor[ui.Slot]() {
			return map[string]any{"html": v}
		}
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			if falsy := item == nil || item == false || item == ""; !falsy {
				items[i] = coerce(item, to.Elem())
			}
		}
		return items
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			out[name] = coerce(member, memberType(to, name))
		}
		return out
	}
	return v
}

func memberType(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("json") == name {
			return f.Type
		}
	}
	return reflect.TypeFor[any]()
}
