import type { Descriptor } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import * as Message from "./Message.ts"
import { type Fate, PoliteClient, points } from "./PoliteClient.ts"
import * as RudeBehaviour from "./RudeBehaviour.ts"
import type { Script, SimulatedClient } from "./SimulatedClient.ts"

type Random = SimulatedSystemCalls.SeededRandom

/** What all clients of a run share. */
export interface Scene {
  readonly random: Random
  readonly endpoints: ReadonlyArray<string>
  readonly destinations: ReadonlyArray<string>
  readonly requestBytesMax: number
  readonly fail: (message: string) => void
  /** Something to save. */
  readonly cargo: (client: SimulatedClient) => Descriptor
  /** Counts up, so that every properties attribute says which save it is of. */
  saves: number
}

/** A behaviour, and whether its client must come to its end whatever others do. */
export interface Behaviour {
  readonly name: string
  readonly isPolite: boolean
  readonly script: Script
}

const properties = (scene: Scene, random: Random): string => {
  const number = `properties ${scene.saves++}`
  if (random.chance(0.1)) return ""
  const room = scene.requestBytesMax - 160
  return room > 0 && random.chance(0.05) ? number.padEnd(random.below(room), "\xe9") : number
}

const ttlSeconds = (random: Random): number => (random.chance(0.1) ? 2_147_483_647 : 1 + random.below(5))

/** Saves and finds, as delivery agents do, with time to think between. */
export function* deliver(polite: PoliteClient, scene: Scene): Script {
  const { client } = polite
  const { random } = client
  yield* polite.connect()
  for (let left = 1 + random.below(6); left > 0; left--) {
    const label = random.pick(scene.endpoints)
    const destination = random.pick(scene.destinations)
    const choice = random.below(10)
    if (choice < 3) {
      const cargo = scene.cargo(client)
      yield* polite.ask(Message.saveEndpoint(ttlSeconds(random), label, properties(scene, random)), cargo)
      cargo.close()
    } else if (choice < 5) {
      const own = `binding ${random.below(4)}`
      yield* polite.ask(Message.saveDestination(ttlSeconds(random), destination, own, label))
    } else {
      const isByDestination = choice < 7
      const request = isByDestination ? Message.findDestination(destination) : Message.findEndpoint(label)
      const { descriptor } = yield* polite.ask(request)
      if (random.chance(0.5)) yield* polite.flush()
      if (descriptor !== undefined) {
        if (random.chance(0.5)) yield* client.sleep(random.below(500))
        if (random.chance(0.6)) {
          yield* polite.ask(Message.saveEndpoint(ttlSeconds(random), label, properties(scene, random)), descriptor)
        }
        descriptor.close()
      }
    }
    // Deadlines are not only met at whole milliseconds.
    if (random.chance(0.5)) yield* client.sleep(random.chance(0.3) ? random.fraction() * 1000 : random.below(1500))
  }
  if (random.chance(0.7)) yield* polite.flush()
}

/** Takes everything that is cached under these labels. */
export function* takeAll(polite: PoliteClient, labels: ReadonlyArray<string>): Script {
  yield* polite.connect()
  for (const label of labels) {
    for (;;) {
      const { descriptor } = yield* polite.ask(Message.findEndpoint(label))
      if (descriptor === undefined) break
      descriptor.close()
    }
  }
}

const drawFate = (random: Random): Fate => ({
  at: random.pick(points),
  how: random.chance(0.75) ? "dies" : "stalls",
  passes: random.below(3)
})

/** What a client will do, drawn from its own generator. */
export const draw = (client: SimulatedClient, scene: Scene): Behaviour => {
  const { random } = client
  if (random.chance(0.3)) {
    client.manner = { splitting: random.pick([0.2, 0.9]), pauseMillisMax: random.pick([0, 0, 3]) }
  }
  const kind = random.below(10)
  if (kind < 5) {
    return { name: "polite", isPolite: true, script: deliver(new PoliteClient(client, scene.fail), scene) }
  }
  if (kind < 7) {
    const fate = drawFate(random)
    const polite = new PoliteClient(client, scene.fail, fate)
    return { name: `${fate.how} at "${fate.at}"`, isPolite: false, script: deliver(polite, scene) }
  }
  const rude = random.pick(RudeBehaviour.all)
  return { name: rude.name, isPolite: false, script: rude(client, scene) }
}
