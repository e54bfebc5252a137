// Takes from the packages what the pages need, into dist. The drawings that go into a page itself are cut out of the
// examples that come with the package.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const govuk = join(here, 'node_modules/govuk-frontend')
const moj = join(here, 'node_modules/@ministryofjustice/frontend')
const dist = join(here, 'dist')

for (const name of readdirSync(dist)) {
  if (name !== '.gitignore') rmSync(join(dist, name), { recursive: true })
}
const copies = [
  [govuk, 'dist/govuk/govuk-frontend.min.css', 'govuk-frontend.min.css'],
  [govuk, 'dist/govuk/govuk-frontend.min.js', 'govuk-frontend.min.js'],
  ...['favicon.ico', 'favicon.svg', 'govuk-crest.svg'].map((name) => [govuk, `dist/govuk/assets/images/${name}`, `images/${name}`]),
  [govuk, 'dist/govuk/assets/fonts', 'fonts'],
  [moj, 'moj/moj-frontend.min.css', 'moj-frontend.min.css'],
  [moj, 'moj/moj-frontend.min.js', 'moj-frontend.min.js'],
  ...readdirSync(join(moj, 'moj/assets/images')).filter((name) => /^icon-.*\.svg$/.test(name)).map((name) => [moj, `moj/assets/images/${name}`, `images/${name}`])
]
for (const [from, path, to] of copies) cpSync(join(from, path), join(dist, to), { recursive: true })

const example = (component) => JSON.parse(readFileSync(join(govuk, `dist/govuk/components/${component}/fixtures.json`))).fixtures[0].html
const drawing = (component, mark) => example(component).match(/<svg[\s\S]*?<\/svg>/g).find((svg) => svg.includes(mark))

mkdirSync(join(dist, 'parts'))
for (const [name, component, mark] of [['logo', 'header', 'govuk-header__logotype'], ['crown', 'footer', 'govuk-footer__crown'], ['licence', 'footer', 'govuk-footer__licence-logo']]) {
  writeFileSync(join(dist, 'parts', `${name}.html`), drawing(component, mark))
}
