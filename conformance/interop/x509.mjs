// What the mdoc libraries ask of their callers about certificates and signatures, by node:crypto.
import { createPublicKey, verify as verifyBytes, X509Certificate } from 'node:crypto'

export const certificateJwk = (certificate) => new X509Certificate(certificate).publicKey.export({ format: 'jwk' })

export const verifySignature = (jwk, message, signature) =>
  verifyBytes('sha256', message, { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, signature)

export const issuerField = (certificate, field) =>
  new X509Certificate(certificate).issuer.split('\n').filter((line) => line.startsWith(field + '=')).map((line) => line.slice(field.length + 1))

// wantChain is for a signer whose issuer is a root, which is how an issuing authority works.
export function wantChain(x5chain, trusted) {
  const leaf = new X509Certificate(x5chain[0])
  if (!trusted.some((der) => leaf.checkIssued(new X509Certificate(der)) && leaf.verify(new X509Certificate(der).publicKey))) {
    throw new Error('the chain ends at no trusted root')
  }
}

export function certificateData(certificate) {
  const c = new X509Certificate(certificate)
  return {
    issuerName: c.issuer, subjectName: c.subject, serialNumber: c.serialNumber, thumbprint: c.fingerprint256,
    notBefore: new Date(c.validFrom), notAfter: new Date(c.validTo), pem: c.toString(),
  }
}
