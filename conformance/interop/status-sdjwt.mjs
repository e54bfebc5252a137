// @sd-jwt/jwt-status-list reads a token status list of the issuer's, and makes one.
import { getListFromStatusListJWT, StatusList } from '@sd-jwt/jwt-status-list'
import { run } from './common.mjs'

await run(async (task) => {
  const list = getListFromStatusListJWT(task.list)
  const made = new StatusList(task.entries, task.bits)
  return { read: task.indexes.map((i) => String(list.getStatus(i))), made: made.compressStatusList() }
})
