/**
 * Clients that do what the protocol does not have. Each says what it says in the words of `Message`, so that the model knows what is due.
 */
import type { Scene } from "./Behaviour.ts"
import * as Message from "./Message.ts"
import { type Script, type SimulatedClient, Stalled } from "./SimulatedClient.ts"

/** A label that nobody saves under. */
const nowhere = "nowhere"

const shapes = ["SaveEndpoint", "FindEndpoint", "SaveDestination", "FindDestination"] as const

const find = (client: SimulatedClient, scene: Scene): Message.Message =>
  Message.request(
    client.random.chance(0.5)
      ? Message.findEndpoint(client.random.pick(scene.endpoints))
      : Message.findDestination(client.random.pick(scene.destinations))
  )

const save = (client: SimulatedClient, scene: Scene): Message.Message =>
  Message.request(
    Message.saveEndpoint(1 + client.random.below(4), client.random.pick(scene.endpoints), `rude ${scene.saves++}`)
  )

const saveDestination = (client: SimulatedClient, scene: Scene): Message.Message => {
  const { random } = client
  return Message.request(
    Message.saveDestination(1 + random.below(3), random.pick(scene.destinations), "rude", random.pick(scene.endpoints))
  )
}

/** What may stand in place of something else. */
const noise = (client: SimulatedClient, scene: Scene): Message.Message => {
  const { random } = client
  switch (random.below(8)) {
    case 0:
      return find(client, scene)
    case 1:
      return saveDestination(client, scene)
    case 2:
      return Message.byte
    case 3:
      return random.chance(0.3) ? Message.tooLarge(random.pick(shapes), scene.requestBytesMax) : Message.dummy
    case 4:
      return Message.dummyWithMore
    case 5:
      return Message.requestBehindDummy(Message.findEndpoint(random.pick(scene.endpoints)))
    case 6:
      return Message.requestWithMore(Message.findEndpoint(random.pick(scene.endpoints)))
    default:
      return random.pick(Message.malformed)
  }
}

/** How a rude client takes its leave. */
function* leave(client: SimulatedClient): Script {
  const kind = client.random.below(4)
  if (kind === 0) throw new Stalled()
  if (kind === 1) yield* client.listen(client.random.below(300))
}

function* talksNonsense(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  for (let left = 1 + client.random.below(12); left > 0; left--) {
    yield* client.say([noise(client, scene)])
    if (client.random.chance(0.7)) yield* client.listen(client.random.below(3))
  }
  yield* leave(client)
}

function* refusesFirstDummy(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  for (let left = 1 + client.random.below(4); left > 0; left--) {
    yield* client.say([find(client, scene)])
    yield* client.listen(client.random.below(30))
    yield* client.say([noise(client, scene)])
    yield* client.listen(1)
  }
  yield* leave(client)
}

function* refusesLastDummy(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  for (let left = 1 + client.random.below(3); left > 0; left--) {
    yield* client.say([find(client, scene)])
    yield* client.listen(1)
    yield* client.say([Message.dummy])
    yield* client.listen(client.random.below(30))
    yield* client.say([noise(client, scene)])
    yield* client.listen(1)
  }
  yield* leave(client)
}

/** Between the found reply and its end, at every step, with nothing read or all. */
function* diesInHandOver(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  yield* client.connect()
  yield* client.say([find(client, scene)])
  if (random.chance(0.5)) yield* client.listen(0)
  if (random.chance(0.2)) return
  yield* client.say([Message.dummy])
  if (random.chance(0.5)) yield* client.listen(random.below(2))
  if (random.chance(0.2)) yield* client.begin(Message.dummy, 1 + random.below(7))
  if (random.chance(0.3)) yield* client.sleep(random.below(3000))
}

function* savesWithoutDescriptor(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  yield* client.say([save(client, scene)])
  if (client.random.chance(0.8)) yield* client.listen(0)
  yield* client.say([client.random.chance(0.5) ? Message.byteOf(client.random.below(256)) : noise(client, scene)])
  yield* client.listen(2)
  yield* leave(client)
}

function* sendsSeveralDescriptors(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  const cargo = [1, 2, 3].slice(client.random.below(2)).map((each) => client.process.connection(`cargo ${each}`))
  yield* client.say([save(client, scene)])
  yield* client.listen(1)
  yield* client.say([Message.byteOf(client.random.below(256))], cargo)
  for (const each of cargo) each.close()
  yield* client.listen(2)
  yield* leave(client)
}

/** Descriptors with anything at all, also with what begins a save: then it counts when the byte is of the same read. */
function* sendsStrayDescriptors(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  yield* client.connect()
  for (let left = 1 + random.below(5); left > 0; left--) {
    const cargo = [1, 2].slice(random.below(2)).map((each) => client.process.connection(`stray ${each}`))
    const messages = random.chance(0.3) ? [save(client, scene), Message.byte] : [noise(client, scene)]
    yield* client.say(messages, cargo)
    for (const each of cargo) each.close()
    if (random.chance(0.5)) yield* client.listen(random.below(2))
  }
  yield* leave(client)
}

/** A few exchanges at once, whatever comes of each. */
function* pipelines(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  yield* client.connect()
  for (let rounds = 1 + random.below(3); rounds > 0; rounds--) {
    const messages: Array<Message.Message> = []
    for (let left = 2 + random.below(5); left > 0; left--) {
      const kind = random.below(5)
      if (kind === 0) messages.push(find(client, scene), Message.dummy, Message.dummy)
      else if (kind === 1) messages.push(save(client, scene), Message.byte)
      else messages.push(kind === 2 ? saveDestination(client, scene) : noise(client, scene))
    }
    const cargo = random.chance(0.3) ? [client.process.connection("glued")] : []
    yield* client.say(messages, cargo)
    for (const each of cargo) each.close()
    if (random.chance(0.6)) yield* client.listen(random.below(50))
  }
  yield* leave(client)
}

/** More requests at once than the daemon answers in one turn, and often without ever reading. */
function* floods(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  yield* client.connect()
  const isReading = random.chance(0.5)
  for (let rounds = 1 + random.below(3); rounds > 0; rounds--) {
    const messages = Array.from({ length: 20 + random.below(100) }, (): Message.Message => {
      const kind = random.below(4)
      if (kind === 0) return random.pick(Message.malformed)
      if (kind === 1) return Message.request(Message.findEndpoint(nowhere))
      if (kind === 2) return Message.request(Message.findDestination(nowhere))
      return Message.request(Message.saveDestination(1, nowhere, `${random.below(50)}`, nowhere))
    })
    if (random.chance(0.1)) messages.push(Message.tooLarge(random.pick(shapes), scene.requestBytesMax))
    yield* client.say(messages)
    if (isReading) yield* client.listen(random.below(20))
  }
  if (!isReading && random.chance(0.5)) throw new Stalled()
  yield* leave(client)
}

/** Fills its socket with descriptors while the daemon cannot read, since its answers are not read either, and leaves them behind. */
function* stuffs(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  yield* client.connect()
  const request = Message.request(Message.findEndpoint(nowhere))
  yield* client.say(Array.from({ length: 1_000 + random.below(6_000) }, () => request))
  const cargo = Array.from({ length: 1 + random.below(100) }, (_, index) => client.process.connection(`stuff ${index}`))
  for (let left = 1 + random.below(4); left > 0; left--) {
    yield* client.say([noise(client, scene)], cargo)
    if (random.chance(0.2)) yield* client.sleep(random.below(100))
  }
}

/** A byte at a time, and now and then less than what is due in the time there is. */
function* drips(client: SimulatedClient, scene: Scene): Script {
  const { random } = client
  client.manner = { splitting: 1, pauseMillisMax: random.pick([1, 20, 200]) }
  yield* client.connect()
  for (let left = 1 + random.below(4); left > 0; left--) {
    yield* client.say([random.chance(0.5) ? find(client, scene) : noise(client, scene)])
    yield* client.say([Message.dummy])
    yield* client.listen(0)
    yield* client.say([Message.dummy])
  }
}

function* sendsTooMuch(client: SimulatedClient, scene: Scene): Script {
  yield* client.connect()
  const message = Message.tooLarge(client.random.pick(shapes), scene.requestBytesMax)
  if (client.random.chance(0.3)) yield* client.say([find(client, scene)])
  if (client.random.chance(0.3)) yield* client.begin(message, client.random.below(message.bytes.length))
  else yield* client.say([message])
  yield* leave(client)
}

export const all: ReadonlyArray<(client: SimulatedClient, scene: Scene) => Script> = [
  talksNonsense,
  refusesFirstDummy,
  refusesLastDummy,
  diesInHandOver,
  diesInHandOver,
  savesWithoutDescriptor,
  sendsSeveralDescriptors,
  sendsStrayDescriptors,
  pipelines,
  pipelines,
  floods,
  stuffs,
  drips,
  sendsTooMuch
]
