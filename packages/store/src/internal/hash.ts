/**
 * Hashes that clients cannot predict: HalfSipHash with one round a word and three at the end, under a key of this process.
 *
 * A client that chooses labels could otherwise prepare thousands that fall into one bucket, and make each search walk them all. A seed
 * that is only mixed in at the start does not prevent it: differences can be chosen so that they cancel whatever the seed.
 */
// Of the process, and nothing but speed depends on it. From the system's source: what Math.random gives can be computed from what it gave before.
const [key0 = 0, key1 = 0] = crypto.getRandomValues(new Int32Array(2))

let v0 = 0
let v1 = 0
let v2 = 0
let v3 = 0

// On module variables: four words that a function cannot give back without making an object.
const round = (): void => {
  v0 = (v0 + v1) | 0
  v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
  v0 = (v0 << 16) | (v0 >>> 16)
  v2 = (v2 + v3) | 0
  v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
  v0 = (v0 + v3) | 0
  v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
  v2 = (v2 + v1) | 0
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
  v2 = (v2 << 16) | (v2 >>> 16)
}

const begin = (): void => {
  v0 = key0
  v1 = key1
  v2 = 0x6c796765 ^ key0
  v3 = 0x74656462 ^ key1
}

const absorb = (word: number): void => {
  v3 ^= word
  round()
  v0 ^= word
}

const finish = (): number => {
  v2 ^= 0xff
  round()
  round()
  round()
  return v1 ^ v3
}

/** Four octets a word; the length goes into the last one, so that what is padded differs from what is not. */
export const hashOfText = (text: string): number => {
  const length = text.length
  const whole = length & ~3
  begin()
  for (let at = 0; at < whole; at += 4) {
    absorb(
      text.charCodeAt(at) |
        (text.charCodeAt(at + 1) << 8) |
        (text.charCodeAt(at + 2) << 16) |
        (text.charCodeAt(at + 3) << 24)
    )
  }
  let last = length << 24
  for (let at = whole; at < length; at++) last |= text.charCodeAt(at) << (8 * (at - whole))
  absorb(last)
  return finish()
}

/** By its low 32 bits of milliseconds and by what is above them. */
export const hashOfNumber = (value: number): number => {
  begin()
  absorb(value | 0)
  absorb((value / 0x1_0000_0000) | 0)
  return finish()
}
