// Wakes the components of the page. The classes tell the styles that there is a script; without it every page works.
import * as govuk from '/assets/govuk-frontend.min.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
govuk.initAll()
