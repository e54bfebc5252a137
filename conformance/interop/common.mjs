// What both wallets share: how they are called, the keys, and the JWT presentation, for which neither library has a maker.
import { createHash, X509Certificate } from 'node:crypto'
import { createInterface } from 'node:readline'
import { DcqlQuery } from 'dcql'
import * as jose from 'jose'

export const fromBase64url = (text) => new Uint8Array(Buffer.from(text, 'base64url'))
export const toBase64url = (bytes) => Buffer.from(bytes).toString('base64url')
export const sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest())

// run reads the task from standard input and writes what came of it: {error} when the wallet refuses.
export async function run(wallet) {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  try {
    process.stdout.write(JSON.stringify(await wallet(JSON.parse(text))))
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: String(error?.message ?? error) }))
  }
}

// leafKey follows x5c to a trusted root and returns the leaf's key.
export async function leafKey(x5c, roots) {
  const chain = x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64')))
  const anchors = roots.map((pem) => new X509Certificate(pem))
  const now = new Date()
  for (const [i, certificate] of chain.entries()) {
    if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) throw new Error('a certificate is not valid now')
    const issuers = i + 1 < chain.length ? [chain[i + 1]] : anchors
    if (!issuers.some((issuer) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) throw new Error('the chain ends at no trusted root')
  }
  return chain[0].publicKey.export({ format: 'jwk' })
}

// dnsNames are those of the leaf certificate.
export function dnsNames(certificate) {
  const names = new X509Certificate(Buffer.from(certificate, 'base64')).subjectAltName ?? ''
  return names.split(', ').filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4))
}

// match has the dcql library say which documents answer the query, and with which claims.
export function match(query, documents) {
  const parsed = DcqlQuery.parse(query)
  DcqlQuery.validate(parsed)
  const result = DcqlQuery.query(parsed, documents.map((d) => d.dcql))
  if (!result.can_be_satisfied) throw new Error('nothing here answers the request')
  const wanted = []
  for (const set of result.credential_sets) {
    const option = set.matching_options?.[0]
    if (!option) continue
    for (const id of option) {
      const found = result.credential_matches[id].valid_credentials[0]
      wanted.push({ id, document: documents[found.input_credential_index], claims: found.claims.valid_claim_sets?.[0], query: query.credentials.find((c) => c.id === id) })
    }
  }
  return wanted
}

// paths are [namespace, element] of the claims that the chosen claim set holds.
export function paths(wanted) {
  const indexes = wanted.claims?.valid_claim_indexes ?? wanted.query.claims.map((_, i) => i)
  return indexes.map((i) => wanted.query.claims[i].path)
}

export function jwtDocument(jwt) {
  const claims = jose.decodeJwt(jwt)
  return { jwt, dcql: { credential_format: 'jwt_vc_json', type: claims.type, claims, cryptographic_holder_binding: true } }
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function base58(bytes) {
  let number = BigInt('0x' + Buffer.from(bytes).toString('hex'))
  let text = ''
  for (; number > 0n; number /= 58n) text = alphabet[Number(number % 58n)] + text
  return text
}

// didKey writes a P-256 key as did:key: multicodec 0x1200, compressed point.
export function didKey(jwk) {
  const x = fromBase64url(jwk.x)
  const y = fromBase64url(jwk.y)
  return 'did:key:z' + base58(Uint8Array.from([0x80, 0x24, 2 + (y[31] & 1), ...x]))
}

// presentJwt wraps a credential in a presentation (VC-JOSE-COSE 3.1.2), signed by jose.
export async function presentJwt(jwt, deviceKey, nonce, audience) {
  const did = didKey(deviceKey)
  return new jose.SignJWT({
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    type: ['VerifiablePresentation'],
    holder: did,
    nonce,
    verifiableCredential: [
      { '@context': 'https://www.w3.org/ns/credentials/v2', id: 'data:application/vc+jwt,' + jwt, type: 'EnvelopedVerifiableCredential' },
    ],
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'vp+jwt', cty: 'vp', kid: did + '#' + did.slice('did:key:'.length) })
    .setIssuer(did)
    .setAudience(audience)
    .setIssuedAt()
    .sign(await jose.importJWK(deviceKey, 'ES256'))
}

// encrypt writes a JWE with jose: ECDH-ES in direct agreement.
export async function encrypt(payload, jwk, enc) {
  return new jose.CompactEncrypt(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'ECDH-ES', enc, kid: jwk.kid })
    .encrypt(await jose.importJWK(jwk, 'ECDH-ES'))
}

// answer reads lines from standard input, and writes for each what reader makes of it: {read}, or {error} when it refuses.
export async function answer(reader) {
  for await (const line of createInterface({ input: process.stdin })) {
    let made
    try {
      made = { read: await reader(line) }
    } catch (error) {
      made = { error: String(error?.message ?? error) }
    }
    process.stdout.write(JSON.stringify(made) + '\n')
  }
}
