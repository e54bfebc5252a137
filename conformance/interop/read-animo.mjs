// @animo-id/mdoc verifies a presentation of ours. It knows transcripts in tag 24 alone, and is given the session's so.
import { Verifier } from '@animo-id/mdoc'
import { fromBase64url, run, sha256 } from './common.mjs'
import { certificateData, certificateJwk, issuerField, verifySignature, wantChain } from './x509.mjs'

const context = {
  crypto: { digest: ({ bytes }) => sha256(bytes), random: (n) => crypto.getRandomValues(new Uint8Array(n)) },
  cose: {
    sign1: {
      verify: ({ jwk, sign1 }) => {
        const { data, signature } = sign1.getRawVerificationData()
        return verifySignature(jwk, data, signature)
      },
    },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => issuerField(certificate, field),
    getPublicKey: ({ certificate }) => certificateJwk(certificate),
    validateCertificateChain: ({ trustedCertificates, x5chain }) => wantChain(x5chain, trustedCertificates),
    getCertificateData: ({ certificate }) => certificateData(certificate),
  },
}

await run(async (task) => {
  const mdoc = await new Verifier().verifyDeviceResponse({
    encodedDeviceResponse: fromBase64url(task.response), encodedSessionTranscript: fromBase64url(task.wrapped), trustedCertificates: [fromBase64url(task.root)],
  }, context)
  const document = mdoc.documents[0]
  return { read: [document.docType, document.issuerSigned.nameSpaces.get(task.namespace).find((i) => i.elementIdentifier === 'family_name').elementValue] }
})
