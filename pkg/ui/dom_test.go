package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// normal is the tree that a browser makes of a piece of HTML: attributes in order, white space as it is shown.
func normal(t *testing.T, content string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(content), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		outline(&b, n, 0)
	}
	return b.String()
}

// inline lists the elements beside which white space shows.
var inline = []string{"a", "span", "strong"}

func isInline(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && slices.Contains(inline, n.Data)
}

// shown is the text of n with its white space as a browser would show it.
func shown(n *html.Node) string {
	words := strings.Join(strings.Fields(n.Data), " ")
	if words == "" {
		if isInline(n.PrevSibling) && isInline(n.NextSibling) {
			return " "
		}
		return ""
	}
	if isInline(n.PrevSibling) && strings.TrimLeft(n.Data, " \n\t") != n.Data {
		words = " " + words
	}
	if isInline(n.NextSibling) && strings.TrimRight(n.Data, " \n\t") != n.Data {
		words += " "
	}
	return words
}

func outline(b *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat("  ", depth)
	switch n.Type {
	case html.TextNode:
		if words := shown(n); words != "" {
			fmt.Fprintf(b, "%s%q\n", indent, words)
		}
		return
	case html.CommentNode:
		return
	}
	fmt.Fprintf(b, "%s%s", indent, n.Data)
	slices.SortFunc(n.Attr, func(x, y html.Attribute) int { return strings.Compare(x.Key, y.Key) })
	for _, a := range n.Attr {
		value := a.Val
		if a.Key == "class" {
			value = strings.Join(strings.Fields(value), " ")
		}
		fmt.Fprintf(b, " %s=%q", a.Key, value)
	}
	b.WriteByte('\n')
	for c := range n.ChildNodes() {
		outline(b, c, depth+1)
	}
}
