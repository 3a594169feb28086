import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"
import * as Message from "./client/Message.ts"
import { PoliteClient } from "./client/PoliteClient.ts"
import type { Script, SimulatedClient } from "./client/SimulatedClient.ts"
import { Machine, type Sabotage } from "./Machine.ts"

/** A stage for exact scripts: a machine on which nothing is left to chance but what the script says. */
export interface StageOptions {
  readonly settings?: Partial<CacheSettings>
  readonly faults?: ReadonlyArray<SimulatedSystemCalls.ScriptedFault>
  readonly socketBufferBytes?: number
  readonly descriptorsMax?: number
  readonly isVerbose?: boolean
  readonly endMillis?: number
  /** Virtual time that each system call takes. */
  readonly callMillis?: number
  /** Stands between the daemon and its calls. */
  readonly calls?: Sabotage["calls"]
}

/** Scripts that follow each other at set moments; what they do is observed like everything else. */
export class Stage {
  readonly machine: Machine
  readonly polite: Array<SimulatedClient> = []

  constructor(options: StageOptions = {}) {
    const {
      callMillis = 0,
      descriptorsMax,
      endMillis = 3_600_000,
      faults = [],
      isVerbose = false,
      socketBufferBytes
    } = options
    this.machine = new Machine({
      kernel: { seed: 1, callMillis, ...(socketBufferBytes === undefined ? {} : { socketBufferBytes }) },
      settings: { ...defaultCacheSettings, ttlSecondsMax: 100, exchangeSecondsMax: 10, ...options.settings },
      daemonFaults: { script: faults },
      ...(descriptorsMax === undefined ? {} : { descriptorsMax }),
      isVerbose,
      endMillis,
      ...(options.calls === undefined ? {} : { sabotage: { calls: options.calls } })
    })
  }

  get journal(): ReadonlyArray<string> {
    return this.machine.journal
  }

  /** A client that comes at a moment and does what the script says; it is gone when the script ends. */
  at(millis: number, script: (client: SimulatedClient) => Script): SimulatedClient {
    return this.#run(this.machine.client(), millis, script)
  }

  /** The same, by a user that is nobody's. */
  stranger(millis: number, script: (client: SimulatedClient) => Script): SimulatedClient {
    return this.#run(this.machine.client(undefined, 4_242), millis, script)
  }

  #run(client: SimulatedClient, millis: number, script: (client: SimulatedClient) => Script): SimulatedClient {
    const run = function* (): Script {
      yield* client.sleep(millis)
      yield* script(client)
    }
    client.run(run())
    return client
  }

  /** A client that keeps to the protocol, and must get through without waiting. */
  politely(millis: number, script: (polite: PoliteClient) => Script): SimulatedClient {
    const { observer } = this.machine
    const client = this.at(millis, function* (self) {
      const polite = new PoliteClient(self, (message) => observer.fail(message))
      yield* polite.connect()
      yield* script(polite)
    })
    this.polite.push(client)
    return client
  }

  /** Saves connections under one label, the properties say which. */
  save(millis: number, label: string, properties: ReadonlyArray<string>, ttlSeconds = 100): void {
    this.politely(millis, function* (polite) {
      for (const each of properties) {
        const cargo = polite.client.process.connection(each)
        yield* polite.ask(Message.saveEndpoint(ttlSeconds, label, each), cargo)
        cargo.close()
      }
    })
  }

  /** Takes what is cached under a label; the properties appear in the result as they come. */
  take(millis: number, label: string): ReadonlyArray<string> {
    const taken: Array<string> = []
    this.politely(millis, function* (polite) {
      for (;;) {
        const { descriptor, reply } = yield* polite.ask(Message.findEndpoint(label))
        if (descriptor === undefined || reply._tag !== "EndpointReply") break
        taken.push(reply.properties)
        descriptor.close()
      }
    })
    return taken
  }

  /** Runs it all to the end. Whoever keeps to the protocol must have got through, and nobody have kept them waiting. */
  run(): void {
    this.machine.run()
    for (const { isFinished, name, waitedMillisMax } of this.polite) {
      if (!isFinished) throw new Error(`${name} did not come to its end`)
      if (waitedMillisMax > 0) throw new Error(`${name} was kept waiting ${waitedMillisMax} ms`)
    }
  }
}

/** Where a client can stop in the middle, and the words for it. */
export const stops: ReadonlyArray<{
  readonly name: string
  /** Whether the client then owes the daemon something. */
  readonly owes: boolean
  readonly script: (client: SimulatedClient, label: string) => Script
}> = [
  { name: "before it says anything", owes: false, script: (client) => client.connect() },
  {
    name: "inside a request",
    owes: true,
    *script(client, label) {
      yield* client.connect()
      yield* client.begin(Message.request(Message.findEndpoint(label)), 20)
    }
  },
  {
    name: "before its descriptor",
    owes: true,
    *script(client) {
      yield* client.connect()
      yield* client.say([Message.request(Message.saveEndpoint(9, "elsewhere", ""))])
    }
  },
  {
    name: "before its dummy",
    owes: true,
    *script(client, label) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint(label))])
      yield* client.listen(1)
    }
  },
  {
    name: "before it reads the descriptor",
    owes: true,
    *script(client, label) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint(label))])
      yield* client.listen(0)
      yield* client.say([Message.dummy])
    }
  },
  {
    name: "before its last dummy",
    owes: true,
    *script(client, label) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint(label)), Message.dummy])
      yield* client.listen(1)
    }
  },
  {
    name: "between requests",
    owes: false,
    *script(client, label) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint(label)), Message.dummy])
      yield* client.listen(1)
      yield* client.say([Message.dummy])
      yield* client.listen(1)
    }
  }
]
