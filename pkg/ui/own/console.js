// Wakes those components of MoJ's that the console uses.
import { Alert } from '/assets/moj-frontend.min.js'
import { createAll } from '/assets/govuk-frontend.min.js'

createAll(Alert)
