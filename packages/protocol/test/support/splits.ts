import { Random } from "./Random.ts"

/** One read: its bytes, and the descriptor that came with it. */
export interface Read {
  readonly bytes: Uint8Array
  readonly descriptor?: string
}

/** Cuts one write into reads. A descriptor comes with the read that holds the write's first byte, like in the kernel. */
export type Split = (write: Read) => ReadonlyArray<Read>

const cut = (write: Read, sizes: () => number): ReadonlyArray<Read> => {
  const reads: Array<Read> = []
  for (let at = 0; at < write.bytes.length; ) {
    const end = Math.min(write.bytes.length, at + sizes())
    const bytes = write.bytes.subarray(at, end)
    reads.push(at === 0 && write.descriptor !== undefined ? { bytes, descriptor: write.descriptor } : { bytes })
    at = end
  }
  return reads
}

export const whole: Split = (write) => [write]

export const byteByByte: Split = (write) => cut(write, () => 1)

export const seeded = (seed: number): Split => {
  const random = new Random(seed)
  return (write) => cut(write, () => 1 + random.below(random.below(4) === 0 ? 200 : 12))
}

/** How every vector runs; a seeded one is repeated by its name. */
export const allSplits: ReadonlyArray<readonly [name: string, split: () => Split]> = [
  ["whole", () => whole],
  ["byte by byte", () => byteByByte],
  ...[1, 2, 3, 4, 5].map((seed) => [`split at random, seed ${seed}`, () => seeded(seed)] as const)
]

export const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...parts]))
