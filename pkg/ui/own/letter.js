// Checks a letter on paper. The token comes in the fragment of the address, which no browser sends; it is read, verified and
// looked up here, so that nobody learns which letter was checked. Keys and status lists come whole from our own server.
// It reads the one form that pkg/letter writes, and refuses every other.
const root = document.getElementById('letter-check')

const TYPE = 'application/vnd.uk.gov.justice.letter+cose'
const MAX_TEXT = 1366
const MAX_BYTES = 1024
const LIFE = 28 * 24 * 3600

class Refused extends Error {}
class Unavailable extends Error {}

function must (holds) {
  if (!holds) throw new Refused()
}

// decodeText is base64url without padding and without spare bits (RFC 4648 section 5).
function decodeText (text) {
  must(text.length <= MAX_TEXT && /^[A-Za-z0-9_-]+$/.test(text) && text.length % 4 !== 1)
  const bytes = fromBase64(text)
  const again = btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  must(again === text && bytes.length <= MAX_BYTES)
  return bytes
}

function fromBase64 (text) {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
}

// Reader reads CBOR in its deterministic form (RFC 8949 section 4.2.1): shortest heads, definite lengths, keys in order.
class Reader {
  constructor (bytes) {
    this.bytes = bytes
    this.at = 0
  }

  take (n) {
    must(this.at + n <= this.bytes.length)
    this.at += n
    return this.bytes.subarray(this.at - n, this.at)
  }

  head () {
    const first = this.take(1)[0]
    const info = first & 31
    if (info < 24) return [first >> 5, info]
    must(info <= 27)
    const width = 1 << (info - 24)
    let value = 0
    for (const b of this.take(width)) value = value * 256 + b
    must(Number.isSafeInteger(value) && value >= [24, 256, 65536, 4294967296][info - 24])
    return [first >> 5, value]
  }

  item (depth) {
    must(depth < 5)
    const [major, n] = this.head()
    switch (major) {
      case 0: return n
      case 1: return -1 - n
      case 2: return this.take(n).slice()
      case 3: return this.text(n)
      case 4: return this.list(n, depth)
      case 5: return this.map(n, depth)
      case 7:
        must(n === 21)
        return true
    }
    throw new Refused()
  }

  text (n) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(n))
    } catch {
      throw new Refused()
    }
  }

  list (n, depth) {
    must(n <= 16)
    return Array.from({ length: n }, () => this.item(depth + 1))
  }

  map (n, depth) {
    must(n <= 16)
    const out = new Map()
    let last = null
    for (let i = 0; i < n; i++) {
      const from = this.at
      const key = this.item(depth + 1)
      must(Number.isInteger(key))
      const encoded = this.bytes.subarray(from, this.at)
      must(last === null || before(last, encoded))
      last = encoded
      out.set(key, this.item(depth + 1))
    }
    return out
  }
}

function before (a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i] < b[i]
  }
  return a.length < b.length
}

function decode (bytes) {
  const reader = new Reader(bytes)
  const item = reader.item(0)
  must(reader.at === bytes.length)
  return item
}

const isBytes = (v, n) => v instanceof Uint8Array && (n === undefined || v.length === n)
const isMap = (v, ...keys) => v instanceof Map && v.size === keys.length && keys.every(k => v.has(k))
const isURL = v => typeof v === 'string' && /^https?:\/\/[a-z0-9.:-]{1,80}(\/[A-Za-z0-9_./-]{0,120})?$/.test(v)

// parse reads a token. Nothing in it is believed yet.
function parse (text, forms) {
  const sign1 = decode(decodeText(text))
  must(Array.isArray(sign1) && sign1.length === 4)
  const [protectedHeader, unprotectedHeader, payload, signature] = sign1
  must(isBytes(protectedHeader) && isMap(unprotectedHeader) && isBytes(payload) && isBytes(signature, 64))
  const header = decode(protectedHeader)
  must(isMap(header, 1, 4, 16) && header.get(1) === -7 && isBytes(header.get(4), 32) && header.get(16) === TYPE)
  const kid = Array.from(header.get(4), b => b.toString(16).padStart(2, '0')).join('')
  return { letter: readLetter(decode(payload), forms), kid, signature, signed: signedBytes(protectedHeader, payload) }
}

function readLetter (p, forms) {
  must(isMap(p, 1, 2, 3, 4, 5, 6, 7))
  const letter = { issuer: p.get(1), kind: p.get(2), code: p.get(3), expires: p.get(4), status: p.get(5), issued: p.get(6) }
  must(isURL(letter.issuer) && typeof letter.code === 'string' && /^[2-9BCDFGHJKLMNPQRSTVWXZ]{12}$/.test(letter.code))
  must(Number.isInteger(letter.issued) && Number.isInteger(letter.expires) && letter.issued > 0 && letter.expires > letter.issued && letter.expires - letter.issued <= LIFE)
  must(Array.isArray(letter.status) && letter.status.length === 2 && isURL(letter.status[0]) && Number.isInteger(letter.status[1]) && letter.status[1] >= 0)
  must(typeof letter.kind === 'string' && Object.hasOwn(forms, letter.kind))
  letter.facts = readFacts(p.get(7), forms[letter.kind])
  return letter
}

function readFacts (values, form) {
  must(Array.isArray(values) && values.length === form.length)
  return form.map((e, i) => ({ label: e.label, shape: e.shape, value: values[i] })).filter((f, i) => {
    if (f.shape === 'true') {
      must(f.value === true)
      return true
    }
    must(typeof f.value === 'string' && (f.value !== '' || form[i].optional))
    must(f.value === '' || (f.shape === 'full-date' ? isDay(f.value) : [...f.value].length <= form[i].max && !/[\p{Cc}\p{Bidi_Control}]/u.test(f.value)))
    return f.value !== ''
  })
}

function isDay (text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const day = new Date(text + 'T12:00:00Z')
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

// signedBytes is the Sig_structure (RFC 9052 section 4.4).
function signedBytes (protectedHeader, payload) {
  const context = new TextEncoder().encode('Signature1')
  return Uint8Array.from([0x84, 0x60 + context.length, ...context, ...bstr(protectedHeader), 0x40, ...bstr(payload)])
}

function bstr (b) {
  if (b.length < 24) return [0x40 + b.length, ...b]
  if (b.length < 256) return [0x58, b.length, ...b]
  return [0x59, b.length >> 8, b.length & 255, ...b]
}

async function get (url) {
  let answer
  try {
    answer = await fetch(url, { cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch {
    throw new Unavailable()
  }
  if (!answer.ok) throw new Unavailable()
  return answer.json()
}

async function signedByIssuer (token, issuers) {
  const issuer = issuers.find(i => i.issuer === token.letter.issuer)
  const key = issuer && issuer.keys.find(k => k.kid === token.kid)
  if (!key) return false
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const imported = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x: key.x, y: key.y }, algorithm, false, ['verify'])
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, token.signature, token.signed)
}

// stands is true, false, or null when it cannot be said.
async function stands ([uri, index], lists) {
  const list = lists.find(l => l.uri === uri)
  if (!list) return null
  const stream = new Blob([fromBase64(list.lst)]).stream().pipeThrough(new DecompressionStream('deflate'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  const each = 8 / list.bits
  const at = Math.floor(index / each)
  if (at >= bytes.length) return null
  return ((bytes[at] >> ((index % each) * list.bits)) & ((1 << list.bits) - 1)) === 0
}

// check returns the class of the result, the letter if it may be believed, and when, by our server's clock.
async function check (text, forms) {
  const [keys, status] = await Promise.all([get(root.dataset.keys), get(root.dataset.status)])
  const at = status.now
  let token
  try {
    token = parse(text, forms)
  } catch (e) {
    if (e instanceof Refused) return { outcome: 'not-confirmed', at }
    throw e
  }
  if (!await signedByIssuer(token, keys.issuers)) return { outcome: 'not-confirmed', at }
  const letter = token.letter
  if (at < letter.issued) return { outcome: 'not-yet', at }
  if (at >= letter.expires) return { outcome: 'expired', at }
  const standing = await stands(letter.status, status.lists)
  if (standing === null) return { outcome: 'status-unknown', at }
  return standing ? { outcome: 'valid', letter, at } : { outcome: 'ended', at }
}

function element (name, classes, text) {
  const e = document.createElement(name)
  e.className = classes
  if (text !== undefined) e.textContent = text
  return e
}

function day (words, date) {
  return `${date.day} ${words.months[date.month - 1]} ${date.year}`
}

// inLondon is the day and the time of an instant, as people here read it.
function inLondon (seconds) {
  const parts = {}
  for (const p of new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: '2-digit', hourCycle: 'h23' }).formatToParts(new Date(seconds * 1000))) {
    parts[p.type] = p.value
  }
  const hour = Number(parts.hour)
  return { day: Number(parts.day), month: Number(parts.month), year: parts.year, time: `${hour % 12 || 12}:${parts.minute}${hour < 12 ? 'am' : 'pm'}` }
}

function value (words, fact) {
  if (fact.shape === 'true') return words.yes
  if (fact.shape === 'full-date') {
    const [year, month, d] = fact.value.split('-')
    return day(words, { day: Number(d), month: Number(month), year })
  }
  return words.values[fact.value] || fact.value
}

function facts (words, letter) {
  const list = element('dl', 'govuk-summary-list')
  const until = inLondon(letter.expires)
  for (const [label, text] of [...letter.facts.map(f => [f.label, value(words, f)]), [words.until, day(words, until)], [words.code, letter.code.match(/.{4}/g).join(' ')]]) {
    const row = element('div', 'govuk-summary-list__row')
    row.append(element('dt', 'govuk-summary-list__key', label), element('dd', 'govuk-summary-list__value', text))
    list.append(row)
  }
  return list
}

function show (words, { outcome, letter, at }) {
  const said = words.outcomes[outcome]
  const heading = document.querySelector('h1')
  document.title = document.title.replace(heading.textContent, said.heading)
  heading.textContent = said.heading
  heading.tabIndex = -1
  const parts = [element('p', 'govuk-body', said.body)]
  if (letter) parts.push(facts(words, letter), element('div', 'govuk-inset-text', words.person))
  if (at) {
    const now = inLondon(at)
    parts.push(element('p', 'govuk-body', words.checked.replace('{time}', now.time).replace('{date}', day(words, now))))
  }
  const again = element('a', 'govuk-link', words.again)
  again.href = root.dataset.page
  const last = element('p', 'govuk-body')
  last.append(again)
  parts.push(last)
  root.replaceChildren(...parts)
  root.dataset.outcome = outcome
  heading.focus()
}

// able is false where the browser cannot verify: on plain http, or when it is too old. Then our server does, and keeps nothing.
const able = () => Boolean(window.crypto && crypto.subtle && window.DecompressionStream && Object.hasOwn)

async function run (text, words, form) {
  if (!able()) {
    form.elements.letter.value = text
    form.submit()
    return
  }
  try {
    show(words, await check(text, words.forms))
  } catch {
    show(words, { outcome: 'could-not-check' })
  }
}

if (root) {
  const words = JSON.parse(root.dataset.words)
  const form = root.querySelector('form')
  const text = window.location.hash.slice(1)
  if (text) {
    // What was scanned stays in no history.
    window.history.replaceState(null, '', window.location.pathname + window.location.search)
    run(text, words, form)
  }
  form.addEventListener('submit', event => {
    const typed = form.elements.letter.value.replace(/\s+/g, '')
    if (!typed || !able()) return
    event.preventDefault()
    run(typed.slice(typed.lastIndexOf('#') + 1), words, form)
  })
  window.addEventListener('hashchange', () => window.location.reload())
}
