// @owf/mdoc reads and verifies DeviceResponses, one line of hexadecimal digits each, with nobody's root: what is in them is what counts.
import { createHash } from 'node:crypto'
import { CoseKey, DateOnly, DeviceResponse } from '@owf/mdoc'
import { answer, fromBase64url } from './common.mjs'
import { certificateData, certificateJwk, issuerField, verifySignature } from './x509.mjs'

const [transcript, now] = process.argv.slice(2)

const context = {
  crypto: { digest: ({ bytes, digestAlgorithm }) => new Uint8Array(createHash(digestAlgorithm.replace('-', '')).update(bytes).digest()) },
  cose: { sign1: { verify: ({ key, sign1 }) => verifySignature(key.jwk, sign1.toBeSigned, sign1.signature) } },
  x509: {
    getIssuerNameField: ({ certificate, field }) => issuerField(certificate, field),
    getPublicKey: ({ certificate }) => CoseKey.fromJwk(certificateJwk(certificate)),
    getCertificateData: ({ certificate }) => certificateData(certificate),
  },
}

// said writes a value in one way, whoever decoded it.
function said(v) {
  if (v instanceof DateOnly) return `day ${v.toISOString().slice(0, 10)}`
  if (v instanceof Date) return `time ${v.toISOString()}`
  if (v instanceof Uint8Array) return `h${Buffer.from(v).toString('hex')}`
  if (Array.isArray(v)) return `[${v.map(said).join(',')}]`
  if (v instanceof Map) return `{${[...v].map(([k, m]) => `${said(k)}:${said(m)}`).sort().join(',')}}`
  if (typeof v === 'string') return JSON.stringify(v)
  if (typeof v === 'number' || typeof v === 'bigint') return `i${v}`
  if (typeof v === 'boolean') return String(v)
  return `? ${v?.constructor?.name ?? v}`
}

await answer(async (line) => {
  const response = DeviceResponse.decode(new Uint8Array(Buffer.from(line, 'hex')))
  await response.verify({ sessionTranscript: fromBase64url(transcript), now: new Date(now), disableCertificateChainValidation: true }, context)
  return response.documents.map((d) => {
    const elements = []
    for (const [namespace, items] of d.issuerSigned.issuerNamespaces?.issuerNamespaces ?? []) {
      for (const item of items) elements.push(`${namespace} ${item.elementIdentifier}=${said(item.elementValue)}`)
    }
    const mso = d.issuerSigned.issuerAuth.mobileSecurityObject
    return [d.docType, mso.docType, mso.validityInfo.validUntil.toISOString(), ...elements.sort()].join('\n')
  })
})
