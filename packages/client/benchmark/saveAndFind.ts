import type { Descriptor } from "@scached/fdpass"
import type { PlainCache } from "../src/index.ts"

/** Gives a connection away and takes it back, each time it is called. */
export const saveAndFind = (cache: PlainCache, label: string, descriptor: Descriptor) => {
  let held = descriptor
  return async () => {
    await cache.saveEndpoint({ label, ttlSeconds: 60, descriptor: held })
    const found = await cache.findEndpoint(label)
    if (found === undefined) throw new Error("what was saved is not there: does somebody else use this cache?")
    held = found.descriptor.take()
  }
}
