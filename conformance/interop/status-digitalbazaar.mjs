// @digitalbazaar/vc-bitstring-status-list reads a bitstring of the issuer's, bit by bit, and makes one.
import { createList, decodeList } from '@digitalbazaar/vc-bitstring-status-list'
import { run } from './common.mjs'

await run(async (task) => {
  const list = await decodeList({ encodedList: task.encodedList })
  const made = await createList({ length: task.length })
  for (const position of task.set) made.setStatus(position, true)
  return { read: task.positions.map((i) => (list.getStatus(i) ? '1' : '0')), made: await made.encode() }
})
