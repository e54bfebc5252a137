// Waits for a word from the server that there is something to see, and asks for the page again. Where no word can come, it
// asks by the clock; without a script the page asks by itself.
const part = document.querySelector('[data-events]')
const main = document.querySelector('[data-refresh]')
const again = () => window.location.reload()
const byClock = () => setTimeout(again, Number(main ? main.dataset.refresh : 5) * 1000)

if (part && 'EventSource' in window) {
  const source = new EventSource(part.dataset.events)
  source.addEventListener('done', () => {
    source.close()
    again()
  })
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) {
      byClock()
    }
  })
} else {
  byClock()
}
