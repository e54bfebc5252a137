// @auth0/mdl verifies a presentation of ours. It knows transcripts in tag 24 alone, and is given the session's so.
import { X509Certificate } from 'node:crypto'
import { Verifier } from '@auth0/mdl'
import { fromBase64url, run } from './common.mjs'

await run(async (task) => {
  const root = new X509Certificate(fromBase64url(task.root)).toString()
  const mdoc = await new Verifier([root]).verify(fromBase64url(task.response), { encodedSessionTranscript: Buffer.from(fromBase64url(task.wrapped)) })
  const document = mdoc.documents[0]
  return { read: [document.docType, document.getIssuerNameSpace(task.namespace).family_name] }
})
