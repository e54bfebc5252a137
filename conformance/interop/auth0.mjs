// A wallet of Auth0's and panva's libraries: @auth0/mdl for the document, jose for every JWS and JWE. The protocol is
// spoken by hand, as a wallet without a protocol library does.
import { createHash, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import * as jose from 'jose'
import { dnsNames, encrypt, fromBase64url, jwtDocument, leafKey, match, paths, presentJwt, run, sha256, toBase64url } from './common.mjs'

// It is CommonJS, and its CBOR, which keeps tag 24 as DataItem, is not at its front door.
const require = createRequire(import.meta.url)
const { parse, DeviceResponse } = require('@auth0/mdl')
const { DataItem, cborEncode } = require('./node_modules/@auth0/mdl/lib/cbor')

const text = (s) => {
  const bytes = Buffer.from(s, 'utf8')
  if (bytes.length < 24) return Buffer.concat([Buffer.from([0x60 + bytes.length]), bytes])
  return Buffer.concat([Buffer.from([0x78, bytes.length]), bytes])
}

// wholeDocument puts IssuerSigned into the frame that the library reads: a response without device authentication.
function wholeDocument(docType, issuerSigned) {
  return Buffer.concat([
    Buffer.from([0xa3]), text('version'), text('1.0'), text('documents'), Buffer.from([0x81, 0xa2]),
    text('docType'), text(docType), text('issuerSigned'), issuerSigned, text('status'), Buffer.from([0]),
  ])
}

function openDocument(credential) {
  if (credential.format !== 'mso_mdoc') return jwtDocument(credential.jwt)
  const mdoc = parse(wholeDocument(credential.docType, Buffer.from(credential.issuerSigned, 'base64url')))
  const namespaces = {}
  for (const namespace of mdoc.documents[0].issuerSignedNameSpaces) namespaces[namespace] = mdoc.documents[0].getIssuerNameSpace(namespace)
  return { mdoc, dcql: { credential_format: 'mso_mdoc', doctype: credential.docType, namespaces, cryptographic_holder_binding: true } }
}

async function verifyRequest(object, clientId, roots) {
  const header = jose.decodeProtectedHeader(object)
  if (header.typ !== 'oauth-authz-req+jwt') throw new Error('typ')
  const key = await leafKey(header.x5c, roots)
  const { payload } = await jose.jwtVerify(object, await jose.importJWK(key, 'ES256'), { algorithms: ['ES256'], audience: 'https://self-issued.me/v2' })
  const [prefix, ...rest] = payload.client_id.split(':')
  const leaf = new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
  const named = prefix === 'x509_hash'
    ? rest.join(':') === createHash('sha256').update(leaf.raw).digest('base64url')
    : prefix === 'x509_san_dns' && dnsNames(header.x5c[0]).includes(rest.join(':'))
  if (!named || (clientId && clientId !== payload.client_id)) throw new Error('the certificate is not the client\'s')
  return payload
}

async function fetchRequest(link, task) {
  const parameters = new URL(link).searchParams
  const nonce = toBase64url(crypto.getRandomValues(new Uint8Array(16)))
  const post = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ wallet_nonce: nonce }) }
  const answer = await fetch(parameters.get('request_uri'), task.method === 'post' ? post : {})
  if (!answer.ok) throw new Error('request_uri answers ' + answer.status)
  const request = await verifyRequest(await answer.text(), parameters.get('client_id'), task.roots)
  if (task.method === 'post' && request.wallet_nonce !== nonce) throw new Error('wallet_nonce')
  return request
}

async function transcriptFor(request, origin) {
  const encrypted = request.response_mode.endsWith('.jwt')
  const thumbprint = encrypted ? Buffer.from(fromBase64url(await jose.calculateJwkThumbprint(request.client_metadata.jwks.keys[0]))) : null
  const info = origin ? [origin, request.nonce, thumbprint] : [request.client_id, request.nonce, thumbprint, request.response_uri]
  const name = origin ? 'OpenID4VPDCAPIHandover' : 'OpenID4VPHandover'
  return cborEncode(DataItem.fromData([null, null, [name, Buffer.from(sha256(cborEncode(info)))]]))
}

async function presentMdoc(wanted, transcript, task) {
  const response = await DeviceResponse.from(wanted.document.mdoc)
    .usingPresentationDefinition({
      id: 'wanted',
      input_descriptors: [{
        id: wanted.query.meta.doctype_value,
        format: { mso_mdoc: { alg: ['ES256'] } },
        constraints: {
          limit_disclosure: 'required',
          fields: paths(wanted).map(([namespace, element]) => ({ path: [`$['${namespace}']['${element}']`], intent_to_retain: false })),
        },
      }],
    })
    .usingSessionTranscriptBytes(transcript)
    .authenticateWithSignature({ ...task.deviceKey, alg: 'ES256', kid: 'device' }, 'ES256')
    .sign()
  return toBase64url(response.encode())
}

await run(async (task) => {
  const request = task.link ? await fetchRequest(task.link, task) : await verifyRequest(task.dcRequest.request, '', task.roots)
  if (task.origin && !request.expected_origins.includes(task.origin)) throw new Error('another origin is expected')
  const transcript = await transcriptFor(request, task.origin)
  const vpToken = {}
  for (const wanted of match(request.dcql_query, task.credentials.map(openDocument))) {
    const audience = task.origin ? 'origin:' + task.origin : request.client_id
    vpToken[wanted.id] = [wanted.document.jwt
      ? await presentJwt(wanted.document.jwt, task.deviceKey, request.nonce, audience)
      : await presentMdoc(wanted, transcript, task)]
  }
  const encrypted = request.response_mode.endsWith('.jwt')
  const seal = (payload) => encrypt(JSON.stringify(payload), request.client_metadata.jwks.keys[0], task.enc)
  if (task.origin) return { data: encrypted ? { response: await seal({ vp_token: vpToken }) } : { vp_token: vpToken } }
  const body = encrypted
    ? new URLSearchParams({ response: await seal({ vp_token: vpToken, state: request.state }) })
    : new URLSearchParams({ vp_token: JSON.stringify(vpToken), state: request.state })
  const answer = await fetch(request.response_uri, { method: 'POST', body })
  return { status: answer.status, body: await answer.text() }
})
