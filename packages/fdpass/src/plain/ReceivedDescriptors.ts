import type { Descriptor } from "../Descriptor.ts"
import { closeReceived } from "./closeReceived.ts"

/**
 * Descriptors that came, and the bytes that came with them. They are this program's: `using` closes those that were not taken or surrendered.
 *
 * @category plain
 */
export class ReceivedDescriptors implements Disposable {
  /** In the sender's order. Each is closed by `close`, moved by `take`, and made a bare number by `surrender`. */
  readonly descriptors: ReadonlyArray<Descriptor>
  /** All bytes that were read. */
  readonly bytes: Uint8Array

  /** Made by `receiveDescriptors`. */
  constructor(descriptors: ReadonlyArray<Descriptor>, bytes: Uint8Array) {
    this.descriptors = descriptors
    this.bytes = bytes
  }

  /** Gives all of them away as numbers, with the duty to close them. */
  surrender(): ReadonlyArray<number> {
    return this.descriptors.map((each) => each.surrender())
  }

  [Symbol.dispose](): void {
    closeReceived(this.descriptors)
  }
}
