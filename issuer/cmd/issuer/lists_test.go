package main

import (
	"bytes"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// Every list that is printed is one that the service knows.
func TestListsArePrinted(t *testing.T) {
	vars := environment(t)
	vars["STATUS_LISTS"] = "3"
	var out bytes.Buffer
	if err := printLists(getenv(vars), &out); err != nil {
		t.Fatal(err)
	}
	addr, stop := running(t, vars)
	uris := strings.Fields(out.String())
	if len(uris) != 3 {
		t.Errorf("printed %v", uris)
	}
	for _, uri := range uris {
		response, err := http.Get("http://" + addr + strings.TrimPrefix(uri, vars["ISSUER_URL"]))
		if err != nil || response.StatusCode == http.StatusNotFound { // 503 until it is published
			t.Errorf("%s: %v, %v", uri, response, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	for name, value := range map[string]string{"ISSUER_URL": "", "ISSUER_SECRET": "c2hvcnQ=", "STATUS_LISTS": "0"} {
		bent := maps.Clone(vars)
		bent[name] = value
		if err := printLists(getenv(bent), &bytes.Buffer{}); err == nil {
			t.Errorf("%s=%q was taken", name, value)
		}
	}
}
