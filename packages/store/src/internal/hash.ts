const MULTIPLIER = 0x9e3779b1

// Of the process: who chooses labels cannot prepare many that meet in one bucket here. Nothing but speed depends on it.
const seed = Math.floor(Math.random() * 0x1_0000_0000) | 0

/** Spreads all bits of `hash` over the low ones, by which buckets are chosen (the finish of MurmurHash3). */
const finish = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, MULTIPLIER)
  return (mixed << 15) | (mixed >>> 17)
}

/** Four octets a step: multiplying for each octet takes three times as long, and labels are hashed in each operation. */
export const hashOfText = (text: string): number => {
  const length = text.length
  const whole = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < whole; at += 4) {
    hash = mix(
      hash,
      text.charCodeAt(at) |
        (text.charCodeAt(at + 1) << 8) |
        (text.charCodeAt(at + 2) << 16) |
        (text.charCodeAt(at + 3) << 24)
    )
  }
  for (let at = whole; at < length; at++) hash = mix(hash, text.charCodeAt(at))
  return finish(hash)
}

/** By its low 32 bits of milliseconds and by what is above them. */
export const hashOfNumber = (value: number): number => finish(mix(mix(seed, value | 0), (value / 0x1_0000_0000) | 0))
