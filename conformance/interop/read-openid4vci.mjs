// @openid4vc/openid4vci resolves an offer of the issuer's, its metadata, and that of the token service it names.
import { setGlobalConfig } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { run, sha256 } from './common.mjs'

setGlobalConfig({ allowInsecureUrls: true }) // loopback

const unused = () => {
  throw new Error('not asked for')
}

await run(async (task) => {
  const client = new Openid4vciClient({
    callbacks: { fetch, hash: (bytes) => sha256(bytes), generateRandom: unused, signJwt: unused, clientAuthentication: unused },
  })
  const offer = await client.resolveCredentialOffer(task.offer)
  const metadata = await client.resolveIssuerMetadata(offer.credential_issuer)
  const configuration = metadata.credentialIssuer.credential_configurations_supported[offer.credential_configuration_ids[0]]
  return { read: [offer.credential_issuer, configuration.format, configuration.doctype, metadata.authorizationServers[0].issuer] }
})
