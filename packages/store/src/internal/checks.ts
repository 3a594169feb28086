import { StoreDefect } from "../StoreDefect.ts"

export const checkTtl = (ttlMillis: number): void => {
  if (!(ttlMillis > 0 && ttlMillis < Number.POSITIVE_INFINITY)) throw badTtl(ttlMillis)
}

export const checkBound = (name: string, bound: number): void => {
  if (!(Number.isSafeInteger(bound) && bound >= 1)) throw badBound(name, bound)
}

export const checkLimit = (name: string, limit: number): void => {
  if (!(Number.isSafeInteger(limit) && limit >= 0)) throw badLimit(name, limit)
}

export const badTime = (nowMillis: number): StoreDefect =>
  new StoreDefect({
    reason: "BadTime",
    message: `The time is ${nowMillis}, but must be a finite number of milliseconds: pass a monotonic clock's reading`
  })

const badTtl = (ttlMillis: number): StoreDefect =>
  new StoreDefect({
    reason: "BadTtl",
    message: `The ttl is ${ttlMillis} ms, but must be finite and above 0: clamp it to the limit before saving`
  })

const badBound = (name: string, bound: number): StoreDefect =>
  new StoreDefect({
    reason: "BadBound",
    message: `${name} is ${bound}, but must be an integer of at least 1: pass another, or leave it out for the default`
  })

const badLimit = (name: string, limit: number): StoreDefect =>
  new StoreDefect({
    reason: "BadBound",
    message: `${name} is ${limit}, but must be an integer of at least 0: for no limit pass "unlimited", or leave it out for the default`
  })
