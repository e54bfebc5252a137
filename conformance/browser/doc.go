// Package browser shows every page to a real Chromium, in each of the ways people meet them: in English and in Welsh, on a
// narrow phone and on a desk, without JavaScript, in forced colours and in twice the text size. Each page it looks at is
// judged by axe-core, by its width, by its headings and by its words, and all that passed between the browser and the
// services is kept, so that a test can look through it for what must never be shown.
package browser
