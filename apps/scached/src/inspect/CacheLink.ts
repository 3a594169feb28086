/**
 * A connection to a running cache, over which a program looks into it.
 */
import { ClientSession, type ClientStep, type Request } from "@scached/protocol"
import type { Socket } from "bun"
import { exitCodes, InspectFailure } from "./InspectFailure.ts"

/** What an answer consists of. */
export type AnswerStep = Extract<ClientStep<never>, { readonly _tag: "Reported" | "Listed" | "Happened" }>

/** A cache that sends nothing for this time, while it owes an answer, is not asked any longer; as smtp(8) has it. */
const answerMillisMax = 5_000

interface Exchange {
  /** What was asked for comes when it happens: after the first answer there is nothing to wait for. */
  readonly isEndless: boolean
  readonly onStep: (step: AnswerStep) => void
  readonly succeed: () => void
  readonly fail: (failure: InspectFailure) => void
}

const unreachable = (message: string): InspectFailure =>
  new InspectFailure({ message, exitCode: exitCodes.unreachable })

const disconnected = "it has closed the connection: it has ended, or this user may not connect"

const reasons: Readonly<Partial<Record<string, string>>> = {
  ENOENT: "there is no such socket: is scached running there? Name its socket with --socket",
  ECONNREFUSED: "no server is listening there: scached is not running",
  EACCES: "this user may not use it: ask as root, or as the user that scached runs as",
  // It was closed before this process noticed that it was open.
  ECONNRESET: disconnected,
  EAGAIN: "scached is busy: too many clients wait to be accepted"
}

const explain = (path: string, error: unknown): InspectFailure => {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error)
  return new InspectFailure({
    message: `${path}: ${reasons[code] ?? `it cannot be reached (${code})`}`,
    // The rights on a socket refuse a user as the cache does, and before it.
    exitCode: code === "EACCES" ? exitCodes.refused : exitCodes.unreachable
  })
}

/** One connection, for one request after the other. */
export class CacheLink {
  readonly #path: string
  readonly #session = new ClientSession<never>()
  #socket: Socket<undefined> | undefined
  #exchange: Exchange | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #failure: InspectFailure | undefined

  readonly #silenceMillisMax: number

  private constructor(path: string, silenceMillisMax: number) {
    this.#path = path
    this.#silenceMillisMax = silenceMillisMax
  }

  /** Connects; rejects with an `InspectFailure`. */
  static async open(path: string, silenceMillisMax: number = answerMillisMax): Promise<CacheLink> {
    const link = new CacheLink(path, silenceMillisMax)
    try {
      link.#socket = await Bun.connect<undefined>({
        unix: path,
        socket: {
          binaryType: "uint8array",
          data: (_, bytes) => link.#received(bytes),
          close: () => link.#end(disconnected),
          error: (_, error) => link.#end(`the connection has failed: ${error.message}`)
        }
      })
    } catch (error) {
      throw explain(path, error)
    }
    return link
  }

  /** Asks, and resolves at the end of the answer; rejects with an `InspectFailure`. */
  ask(inspection: Request.Inspection, onStep: (step: AnswerStep) => void): Promise<void> {
    const { promise, reject: fail, resolve: succeed } = Promise.withResolvers<void>()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#exchange = { isEndless: inspection._tag === "Watch", onStep, succeed, fail }
    this.#session.start(inspection)
    const output = this.#session.output()
    if (output !== undefined) this.#socket?.write(output)
    this.#awaitAnswer()
    return promise
  }

  /** The state of this moment. */
  async status(): Promise<Extract<AnswerStep, { readonly _tag: "Reported" }>["status"]> {
    const found: Array<Extract<AnswerStep, { readonly _tag: "Reported" }>["status"]> = []
    await this.ask({ _tag: "Status" }, (step) => {
      if (step._tag === "Reported") found.push(step.status)
    })
    const [status] = found
    if (status === undefined) throw unreachable(`${this.#path}: the answer had no status`)
    return status
  }

  /** Stops reading, while what was read cannot be written anywhere. */
  pause(): void {
    clearTimeout(this.#timer)
    this.#socket?.pause()
  }

  resume(): void {
    if (this.#exchange?.isEndless === false) this.#awaitAnswer()
    this.#socket?.resume()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#failure ??= unreachable(`${this.#path}: closed`)
    this.#socket?.end()
  }

  #received(bytes: Uint8Array): void {
    clearTimeout(this.#timer)
    // Before the steps: one of them may pause the reading.
    if (this.#exchange?.isEndless === false) this.#awaitAnswer()
    this.#session.push(bytes)
    for (let step = this.#session.next(); step._tag !== "Idle"; step = this.#session.next()) this.#take(step)
    if (this.#exchange === undefined) clearTimeout(this.#timer)
  }

  #awaitAnswer(): void {
    clearTimeout(this.#timer)
    const seconds = this.#silenceMillisMax / 1000
    this.#timer = setTimeout(() => this.#end(`it has sent nothing for ${seconds} s`), this.#silenceMillisMax)
  }

  #take(step: ClientStep<never>): void {
    const exchange = this.#exchange
    switch (step._tag) {
      case "Failed":
        return this.#end(step.error.message)
      case "Listed":
      case "Happened":
        return exchange?.onStep(step)
      case "Reported":
        exchange?.onStep(step)
        this.#exchange = undefined
        return exchange?.succeed()
      case "Answered":
        this.#exchange = undefined
        return step.reply.status === 0 ? exchange?.succeed() : exchange?.fail(this.#refused(step.reply.status))
      default:
        return
    }
  }

  #refused(status: number): InspectFailure {
    const why =
      "only root and the user that scached runs as may inspect it; or it is scache(8), which cannot be inspected"
    return new InspectFailure({
      message: `${this.#path}: refused with status ${status}: ${why}`,
      exitCode: exitCodes.refused
    })
  }

  #end(why: string): void {
    clearTimeout(this.#timer)
    this.#failure ??= unreachable(`${this.#path}: ${why}`)
    this.#exchange?.fail(this.#failure)
    this.#exchange = undefined
    this.#socket?.end()
  }
}
