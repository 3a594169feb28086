import type { Descriptor } from "./internal/descriptor.ts"

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
  /** Whether control data was cut off: the process was out of descriptors, or the sender passed several at once. */
  truncated = false
  #descriptor: Descriptor | undefined

  /** Takes the descriptor that came with the last read out of the buffer; it is then the caller's to close. */
  takeDescriptor(): Descriptor | undefined {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    return descriptor
  }

  /** Called by `receive`: puts a descriptor in. One that nobody took is closed first, so that it cannot leak. */
  putDescriptor(descriptor: Descriptor | undefined): void {
    this.#descriptor?.close()
    this.#descriptor = descriptor
  }
}
