// Verifies one DeviceResponse many times with @owf/mdoc, for `make bench-verify` to set beside the verifier: the issuer's
// signature and certificate, the digests, and the device's signature. node:crypto does the cryptography.
import { createPublicKey, verify as verifyBytes, X509Certificate } from 'node:crypto'
import { CoseKey, DeviceResponse, Verifier } from '@owf/mdoc'
import { run, sha256 } from './common.mjs'

const verifySignature = (jwk, message, signature) =>
  verifyBytes('sha256', message, { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, signature)

const context = {
  crypto: { digest: ({ bytes }) => sha256(bytes), random: (n) => crypto.getRandomValues(new Uint8Array(n)) },
  cose: { sign1: { verify: ({ key, sign1 }) => verifySignature(key.jwk, sign1.toBeSigned, sign1.signature) } },
  x509: {
    getIssuerNameField: ({ certificate, field }) =>
      new X509Certificate(certificate).issuer.split('\n').filter((line) => line.startsWith(field + '=')).map((line) => line.slice(field.length + 1)),
    getPublicKey: ({ certificate }) => CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => {
      const root = new X509Certificate(trustedCertificates[0])
      const leaf = new X509Certificate(x5chain[0])
      if (!leaf.checkIssued(root) || !leaf.verify(root.publicKey)) throw new Error('the chain ends at no trusted root')
    },
    getCertificateData: ({ certificate }) => {
      const c = new X509Certificate(certificate)
      return {
        issuerName: c.issuer, subjectName: c.subject, serialNumber: c.serialNumber, thumbprint: c.fingerprint256,
        notBefore: new Date(c.validFrom), notAfter: new Date(c.validTo), pem: c.toString(),
      }
    },
  },
}

await run(async (task) => {
  const response = new Uint8Array(Buffer.from(task.response, 'base64url'))
  const sessionTranscript = new Uint8Array(Buffer.from(task.transcript, 'base64url'))
  const trustedCertificates = [new Uint8Array(Buffer.from(task.root, 'base64url'))]
  const once = async () => Verifier.verifyDeviceResponse({ deviceResponse: DeviceResponse.decode(response), sessionTranscript, trustedCertificates }, context)
  for (let i = 0; i < task.rounds / 10; i++) await once()
  const began = process.hrtime.bigint()
  for (let i = 0; i < task.rounds; i++) await once()
  return { nanoseconds: Number((process.hrtime.bigint() - began) / BigInt(task.rounds)) }
})
