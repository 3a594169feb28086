import type { Descriptor } from "./internal/descriptor.ts"

/** Ordinary requests are shorter: of their lengths one view each is kept. */
const sharedViewBytesMax = 1024

/**
 * Where one `receive` puts what it read: bytes, and at most one descriptor.
 *
 * Made by `SystemCalls.makeReceiveBuffer`, since the kernel's layer needs memory that never moves. It is meant to be shared by
 * all connections of a loop: what is in it is valid until the next `receive` into it.
 *
 * @category buffers
 */
export abstract class ReceiveBuffer {
  /** The whole buffer; the first `n` bytes are valid after `receive` returned `n`. */
  abstract readonly bytes: Buffer
  /** Whether a passed descriptor was lost on the way in, since the process or the system has no room for it: the sender's is gone. */
  truncated = false
  /** How many descriptors came beside the first, and were closed: the sender passed several at once. */
  surplus = 0
  #descriptor: Descriptor | undefined
  readonly #views: Array<Buffer | undefined> = []

  /** The first `byteCount` bytes, as a view that all callers with the same count share. */
  first(byteCount: number): Buffer {
    if (byteCount >= sharedViewBytesMax) return this.bytes.subarray(0, byteCount)
    // A new view for each read would take 40 ns, and leave 100 bytes to the garbage collector.
    const view = this.#views[byteCount] ?? this.bytes.subarray(0, byteCount)
    this.#views[byteCount] = view
    return view
  }

  /** Takes the descriptor that came with the last read out of the buffer; it is then the caller's to close. */
  takeDescriptor(): Descriptor | undefined {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    return descriptor
  }

  /** Called by `receive`: puts a descriptor in. One that was not taken is closed first, so that it cannot leak. */
  putDescriptor(descriptor: Descriptor | undefined): void {
    this.#descriptor?.close()
    this.#descriptor = descriptor
  }
}
