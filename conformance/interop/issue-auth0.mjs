// @auth0/mdl issues an mdoc to a wallet's key.
import { createRequire } from 'node:module'
import { run, toBase64url } from './common.mjs'

// It is CommonJS, and its CBOR is not at its front door.
const require = createRequire(import.meta.url)
const { Document } = require('@auth0/mdl')
const { cborEncode } = require('./node_modules/@auth0/mdl/lib/cbor')

await run(async (task) => {
  const document = await Object.entries(task.namespaces)
    .reduce((d, [namespace, values]) => d.addIssuerNameSpace(namespace, values), new Document(task.docType))
    .useDigestAlgorithm('SHA-256')
    .addValidityInfo({ signed: new Date(Date.now() - 60_000), validFrom: new Date(Date.now() - 60_000), validUntil: new Date(Date.now() + 86_400_000) })
    .addDeviceKeyInfo({ deviceKey: task.deviceKey })
    .sign({ issuerPrivateKey: task.signerKey, issuerCertificate: task.signerCertificate, alg: 'ES256' })
  document.issuerSigned.issuerAuth.unprotectedHeaders.delete(4) // it writes a kid there, undefined when it is given none
  return { made: toBase64url(cborEncode(document.prepare().get('issuerSigned'))) }
})
