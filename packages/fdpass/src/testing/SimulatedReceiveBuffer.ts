import { ReceiveBuffer } from "../ReceiveBuffer.ts"

/** The simulated layer's receive buffer. */
export class SimulatedReceiveBuffer extends ReceiveBuffer {
  readonly bytes: Buffer

  constructor(bytesMax: number) {
    super()
    this.bytes = Buffer.alloc(bytesMax)
  }
}
