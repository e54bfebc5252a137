// jose reads what the issuer signs: the pre-authorised code, a JWT credential and a status list, each with the keys that
// the issuer publishes.
import * as jose from 'jose'
import { run } from './common.mjs'

await run(async (task) => {
  const published = jose.createRemoteJWKSet(new URL(task.issuer + '/.well-known/jwks.json'))
  const code = await jose.jwtVerify(task.code, published, { issuer: task.issuer, audience: task.audience, algorithms: ['ES256'], typ: 'JWT' })
  const list = await jose.jwtVerify(task.list, published, { issuer: task.issuer, subject: task.listURI, algorithms: ['ES256'], typ: 'statuslist+jwt' })
  const did = await (await fetch(task.issuer + '/.well-known/did.json')).json()
  const byMethod = async ({ kid }) => jose.importJWK(did.verificationMethod.find((method) => method.id === kid).publicKeyJwk, 'ES256')
  const credential = await jose.jwtVerify(task.jwt, byMethod, { issuer: task.issuer, algorithms: ['ES256'], typ: 'vc+jwt' })
  return { read: [code.payload.credential_configuration_ids[0], String(list.payload.status_list.bits), credential.payload.type[1]] }
})
