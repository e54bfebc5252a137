// Asks again for a page that waits. Without a script the page asks by itself.
const main = document.querySelector('[data-refresh]')
if (main) {
  setTimeout(() => window.location.reload(), Number(main.dataset.refresh) * 1000)
}
