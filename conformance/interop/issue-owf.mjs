// @owf/mdoc issues an mdoc to a wallet's key.
import { createPrivateKey, randomBytes, sign as signBytes, X509Certificate } from 'node:crypto'
import { CoseKey, DeviceKey, IssuerSignedBuilder, SignatureAlgorithm } from '@owf/mdoc'
import { run, sha256 } from './common.mjs'

// random clears the first bit of four bytes: the library makes digest ids of them, which must be below 2^31 (ISO 18013-5, 9.1.2.4).
function random(n) {
  const bytes = new Uint8Array(randomBytes(n))
  if (n === 4) bytes[0] &= 0x7f
  return bytes
}

await run(async (task) => {
  const key = createPrivateKey({ key: task.signerKey, format: 'jwk' })
  const builder = new IssuerSignedBuilder(task.docType, {
    crypto: { random, digest: ({ bytes }) => sha256(bytes) },
    cose: { sign1: { sign: ({ toBeSigned }) => new Uint8Array(signBytes('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' })) } },
  })
  for (const [namespace, values] of Object.entries(task.namespaces)) builder.addIssuerNamespace(namespace, values)
  const signed = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000)
  const issuerSigned = await builder.sign({
    signingKey: CoseKey.fromJwk({ ...task.signerKey, alg: 'ES256' }), algorithm: SignatureAlgorithm.ES256, digestAlgorithm: 'SHA-256',
    validityInfo: { signed, validFrom: signed, validUntil: new Date(signed.getTime() + 86_400_000) },
    deviceKeyInfo: { deviceKey: DeviceKey.fromJwk(task.deviceKey) },
    certificates: [new Uint8Array(new X509Certificate(task.signerCertificate).raw)],
  })
  return { made: issuerSigned.encodedForOid4Vci }
})
