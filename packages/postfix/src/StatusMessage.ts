/**
 * The message by which a daemon tells master(8) whether it is free: three 32-bit integers in the machine's byte order.
 */

/**
 * What a daemon says of itself.
 *
 * @category models
 */
export interface StatusMessage {
  readonly processId: number
  /** From the environment variable GENERATION, 0 to 4294967295. */
  readonly generation: number
  /** Whether it can take a client, as opposed to being busy with one. */
  readonly isAvailable: boolean
}

/**
 * How many bytes a message has.
 *
 * @category constants
 */
export const messageBytes = 12

/** Both machines that are supported, x86-64 and arm64, are little-endian; this asks all the same. */
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/**
 * The 12 bytes of a message.
 *
 * @category encoding
 */
export const encode = (message: StatusMessage): Uint8Array => {
  const view = new DataView(new ArrayBuffer(messageBytes))
  view.setInt32(0, message.processId, isLittleEndian)
  view.setUint32(4, message.generation, isLittleEndian)
  view.setInt32(8, message.isAvailable ? 1 : 0, isLittleEndian)
  return new Uint8Array(view.buffer)
}
