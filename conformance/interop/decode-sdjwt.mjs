// @sd-jwt/sd-jwt-vc verifies SD-JWTs, one line of hexadecimal digits each, by a JWK, and says what they disclose.
import { createHash } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import * as jose from 'jose'
import { answer } from './common.mjs'

const [jwk, now] = process.argv.slice(2)
const key = await jose.importJWK(JSON.parse(jwk), 'ES256')

const instance = new SDJwtVcInstance({
  hasher: async (data, algorithm) => new Uint8Array(createHash(algorithm.replace('-', '')).update(data).digest()), hashAlg: 'sha-256',
  verifier: async (data, signature) => {
    await jose.compactVerify(`${data}.${signature}`, key, { algorithms: ['ES256'] })
    return true
  },
})

await answer(async (line) => (await instance.verify(Buffer.from(line, 'hex').toString('latin1'), { currentDate: Number(now) })).payload)
