// @sd-jwt/sd-jwt-vc issues an SD-JWT VC and presents it, with jose behind its callbacks.
import { randomBytes } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import * as jose from 'jose'
import { run, sha256, toBase64url } from './common.mjs'

const signer = async (jwk) => {
  const key = await jose.importJWK(jwk, 'ES256')
  return async (data) => {
    const [header, payload] = data.split('.')
    const signed = await new jose.CompactSign(Buffer.from(payload, 'base64url')).setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url'))).sign(key)
    return signed.split('.')[2]
  }
}

await run(async (task) => {
  const { d, ...holder } = task.deviceKey
  const instance = new SDJwtVcInstance({
    signer: await signer(task.signerKey), signAlg: 'ES256', kbSigner: await signer(task.deviceKey), kbSignAlg: 'ES256',
    hasher: async (data) => sha256(Buffer.from(data)), hashAlg: 'sha-256', saltGenerator: async () => toBase64url(randomBytes(16)),
  })
  const now = Math.floor(Date.now() / 1000)
  const credential = await instance.issue(
    { iss: task.issuer, iat: now, nbf: now, exp: now + 86_400, vct: task.vct, cnf: { jwk: holder }, ...task.claims },
    { _sd: Object.keys(task.claims) }, { header: { kid: task.kid } })
  const presented = await instance.present(credential, { family_name: true }, { kb: { payload: { iat: now, aud: task.audience, nonce: task.nonce } } })
  return { made: presented }
})
