// A wallet of the OpenWallet Foundation's libraries: @openid4vc/openid4vp for the protocol, @owf/mdoc for the document.
import { createPrivateKey, randomBytes, sign as signBytes } from 'node:crypto'
import { setGlobalConfig } from '@openid4vc/oauth2'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import {
  CoseKey, DeviceRequest, DeviceResponse, DocRequest, IssuerSigned, ItemsRequest, SessionTranscript,
} from '@owf/mdoc'
import * as jose from 'jose'
import { dnsNames, encrypt, fromBase64url, jwtDocument, leafKey, match, paths, presentJwt, run, sha256, toBase64url } from './common.mjs'

const mdocContext = (deviceKey) => ({
  crypto: { random: (n) => new Uint8Array(randomBytes(n)), digest: ({ bytes }) => sha256(bytes) },
  cose: {
    sign1: {
      sign: ({ toBeSigned }) =>
        new Uint8Array(signBytes('sha256', toBeSigned, { key: createPrivateKey({ key: deviceKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' })),
    },
  },
})

// withNonce adds what the protocol library expects back and does not send (OpenID4VP 1.0, 5.10).
const withNonce = (init, nonce) => ({ ...init, body: new URLSearchParams([...new URLSearchParams(init.body), ['wallet_nonce', nonce]]) })

function callbacks(task) {
  return {
    fetch: (url, init) => fetch(url, task.walletNonce && String(url) === task.requestUri ? withNonce(init, task.walletNonce) : init),
    hash: (bytes) => sha256(bytes),
    decryptJwe: () => ({ decrypted: false }),
    signJwt: () => {
      throw new Error('nothing is signed through the protocol library')
    },
    getX509CertificateMetadata: (certificate) => ({ sanDnsNames: dnsNames(certificate), sanUriNames: [] }),
    verifyJwt: async (signer, { compact, payload }) => {
      if (payload.aud !== 'https://self-issued.me/v2') throw new Error('aud') // 5.8: the library leaves it to us
      if (signer.method !== 'x5c') return { verified: false }
      const signerJwk = await leafKey(signer.x5c, task.roots)
      await jose.compactVerify(compact, await jose.importJWK(signerJwk, 'ES256'), { algorithms: ['ES256'] })
      return { verified: true, signerJwk }
    },
    encryptJwe: async (encryptor, data) => ({
      jwe: await encrypt(data, encryptor.publicJwk, task.enc ?? encryptor.enc),
      encryptionJwk: encryptor.publicJwk,
    }),
  }
}

function openDocument(credential) {
  if (credential.format !== 'mso_mdoc') return jwtDocument(credential.jwt)
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(credential.issuerSigned)
  const namespaces = {}
  for (const namespace of issuerSigned.issuerNamespaces.issuerNamespaces.keys()) namespaces[namespace] = issuerSigned.getPrettyClaims(namespace)
  return { issuerSigned, dcql: { credential_format: 'mso_mdoc', doctype: credential.docType, namespaces, cryptographic_holder_binding: true } }
}

async function transcriptFor(request, origin, context) {
  const jwk = request.client_metadata?.jwks?.keys?.[0]
  const encrypted = request.response_mode.endsWith('.jwt')
  const jwkThumbprint = encrypted ? fromBase64url(await jose.calculateJwkThumbprint(jwk)) : undefined
  if (origin) return SessionTranscript.forOid4VpDcApi({ origin, nonce: request.nonce, jwkThumbprint }, context)
  return SessionTranscript.forOid4Vp(
    { clientId: request.client_id, nonce: request.nonce, responseUri: request.response_uri, jwkThumbprint }, context)
}

async function presentMdoc(wanted, transcript, task) {
  const namespaces = new Map()
  for (const [namespace, element] of paths(wanted)) {
    if (!namespaces.has(namespace)) namespaces.set(namespace, new Map())
    namespaces.get(namespace).set(element, false)
  }
  const itemsRequest = ItemsRequest.create({ docType: wanted.query.meta.doctype_value, namespaces })
  const response = await DeviceResponse.createWithDeviceRequest({
    deviceRequest: DeviceRequest.create({ docRequests: [DocRequest.create({ itemsRequest })] }),
    sessionTranscript: transcript,
    issuerSigned: [wanted.document.issuerSigned],
    signature: { signingKey: CoseKey.fromJwk({ ...task.deviceKey, alg: 'ES256' }) },
  }, mdocContext(task.deviceKey))
  return response.encodedForOid4Vp
}

setGlobalConfig({ allowInsecureUrls: true }) // loopback

await run(async (task) => {
  const client = new Openid4vpClient({ callbacks: callbacks(task) })
  const asked = task.link
    ? { authorizationRequestPayload: client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: task.link }).params }
    : { authorizationRequestPayload: task.dcRequest, origin: task.origin }
  if (asked.authorizationRequestPayload.request_uri_method === 'post') {
    task.walletNonce = toBase64url(randomBytes(16))
    task.requestUri = asked.authorizationRequestPayload.request_uri
  }
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ ...asked, wallet: { expectedNonce: task.walletNonce } })
  const request = resolved.authorizationRequestPayload
  const transcript = await transcriptFor(request, task.origin, mdocContext(task.deviceKey))
  const vpToken = {}
  for (const wanted of match(request.dcql_query, task.credentials.map(openDocument))) {
    const audience = task.origin ? 'origin:' + task.origin : request.client_id
    vpToken[wanted.id] = [wanted.document.jwt
      ? await presentJwt(wanted.document.jwt, task.deviceKey, request.nonce, audience)
      : await presentMdoc(wanted, transcript, task)]
  }
  const answer = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    origin: task.origin,
    authorizationResponsePayload: { vp_token: vpToken },
    jarm: request.response_mode.endsWith('.jwt')
      ? { encryption: { nonce: 'unused' }, serverMetadata: {
          authorization_signing_alg_values_supported: [],
          authorization_encryption_alg_values_supported: ['ECDH-ES'],
          authorization_encryption_enc_values_supported: ['A128GCM', 'A256GCM'] } }
      : undefined,
  })
  if (task.origin) return { data: answer.jarm ? { response: answer.jarm.responseJwt } : answer.authorizationResponsePayload, version: resolved.version }
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request, authorizationResponsePayload: answer.authorizationResponsePayload, jarm: answer.jarm,
  })
  return { status: response.status, body: await response.text(), version: resolved.version }
})
