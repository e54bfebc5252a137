// @owf/mdoc verifies a presentation of ours: certificate, issuer's signature, digests, device's signature.
import { CoseKey, DeviceResponse, Verifier } from '@owf/mdoc'
import { fromBase64url, run, sha256 } from './common.mjs'
import { certificateData, certificateJwk, issuerField, verifySignature, wantChain } from './x509.mjs'

const context = {
  crypto: { digest: ({ bytes }) => sha256(bytes), random: (n) => crypto.getRandomValues(new Uint8Array(n)) },
  cose: { sign1: { verify: ({ key, sign1 }) => verifySignature(key.jwk, sign1.toBeSigned, sign1.signature) } },
  x509: {
    getIssuerNameField: ({ certificate, field }) => issuerField(certificate, field),
    getPublicKey: ({ certificate }) => CoseKey.fromJwk(certificateJwk(certificate)),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => wantChain(x5chain, trustedCertificates),
    getCertificateData: ({ certificate }) => certificateData(certificate),
  },
}

await run(async (task) => {
  const deviceResponse = DeviceResponse.decode(fromBase64url(task.response))
  await Verifier.verifyDeviceResponse({ deviceResponse, sessionTranscript: fromBase64url(task.transcript), trustedCertificates: [fromBase64url(task.root)] }, context)
  const claims = deviceResponse.documents[0].issuerSigned.getPrettyClaims(task.namespace)
  return { read: [deviceResponse.documents[0].docType, claims.family_name] }
})
