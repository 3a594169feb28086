import { SocketKind } from "../SocketKind.ts"
import { OpenFile } from "./OpenFile.ts"

/**
 * A socket that nothing comes through: one of TCP that is still connecting, for instance, or one of a family whose poll waits for
 * the holder of a lock.
 */
export class ForeignSocketFile extends OpenFile {
  readonly kind = "socket"
  readonly isPollable = true
  readonly socketKind: SocketKind
  readonly #found: number

  constructor(id: number, label: string, socketKind: SocketKind, found: number) {
    super(id, label)
    this.socketKind = socketKind
    this.#found = found
  }

  poll(): number {
    if (this.socketKind === SocketKind.unknown)
      throw new Error(`${this.describe()} was polled, which waits for its maker`)
    return this.#found
  }

  protected released(): void {}
}
