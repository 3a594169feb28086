import { FarewellRules } from "@scached/farewell"
import { type Descriptor, Readiness, SocketKind } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { Result } from "effect"
import { Access } from "../../src/settings/Access.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { draw, type Scene, takeAll } from "./client/Behaviour.ts"
import { PoliteClient } from "./client/PoliteClient.ts"
import type { SimulatedClient } from "./client/SimulatedClient.ts"
import { type FaultProfile, profileOf } from "./FaultProfile.ts"
import { Machine, type Sabotage } from "./Machine.ts"
import { drawPlan, memberGid, type Plan } from "./Plan.ts"
import { SimulationFailure, Totals } from "./Report.ts"

/** What the run of one seed came to. */
export interface Run {
  readonly totals: Totals
  /** Equal for two runs of one seed. */
  readonly fingerprint: string
}

/** Virtual time that clients may be kept waiting where each system call takes time, and thousands are made by others. */
const waitMillisMax = 2_000

/** Runs the daemon with some hundred clients, all drawn from the seed; throws what was wrong. */
export const simulate = (seed: number, sabotage?: Sabotage): Run => {
  const profile = profileOf(seed)
  const random = new SimulatedSystemCalls.SeededRandom(seed)
  const plan = drawPlan(random)
  // Long enough for everything to expire and for every debtor to be sent away.
  const quietMillis = plan.arrivalMillis + 60_000
  const machine = new Machine({
    kernel: { seed, callMillis: plan.callMillis, socketBufferBytes: plan.socketBufferBytes },
    // By the seed alone, too: clients of Postfix 3.5 and earlier.
    settings: { ...plan.settings, ...farewellsOf(seed), isGreeting: seed % 5 !== 4 },
    daemonFaults: { rates: profile.daemon },
    clientFaults: { rates: profile.client },
    oddRate: profile.oddRate ?? 0,
    // By the seed alone: what is drawn for it stays the same.
    isBatching: seed % 2 === 0,
    ...(profile.descriptorsMax === undefined ? {} : { descriptorsMax: profile.descriptorsMax }),
    isVerbose: plan.isVerbose,
    endMillis: plan.isAbrupt ? random.below(plan.arrivalMillis * 2) : quietMillis + 10_000,
    ...(sabotage === undefined ? {} : { sabotage })
  })
  const { observer } = machine
  try {
    const scene: Scene = {
      random,
      endpoints: plan.endpoints,
      destinations: plan.destinations,
      requestBytesMax: plan.settings.requestBytesMax,
      fail: (message) => observer.fail(message),
      cargo: (client) => cargo(machine, client),
      saves: 0
    }
    const polite = addClients(machine, plan, scene)
    // Whom a group has let in is sent away in the middle. Not drawn, so that everything else of a seed stays as it is.
    const revoke = () => machine.changeSettings(plan.arrivalMillis / 2, { access: new Access([0]) })
    machine.run(seed % 3 === 1 ? revoke : () => {})
    const waitMax = plan.callMillis === 0 ? 0 : waitMillisMax
    for (const client of polite) {
      if (client.waitedMillisMax > waitMax)
        observer.fail(`${client.name} was kept waiting ${client.waitedMillisMax} ms`)
    }
    if (observer.failure !== undefined) throw observer.failure
    return { totals: totalsOf(machine), fingerprint: machine.kernel.fingerprint }
  } catch (error) {
    throw explain(seed, profile, plan, error)
  }
}

/** By the seed alone, too: in every second run farewell is said, and waited for longer or shorter. */
const farewellsOf = (seed: number): Partial<CacheSettings> => {
  if (seed % 4 < 2) return {}
  const farewells = Result.getOrThrow(FarewellRules.parse("smtp"))
  return { farewells, farewellSecondsMax: seed % 3 === 0 ? 0 : 1 + (seed % 5) }
}

/** A user that the daemon lets in only for a group, and one of its groups that is of no use. */
const strangerUid = 1_234
const strangerGid = 1_235

/** Something to save: a connection whose peer does as it likes, and at times a socket of another kind, or one that takes no byte. */
const cargo = (machine: Machine, client: SimulatedClient): Descriptor => {
  const { random } = client
  if (random.chance(0.05)) {
    const kind = random.pick(Object.values(SocketKind))
    return client.process.foreignSocket(kind, `odd one of ${client.name}`, random.pick([0, Readiness.writable]))
  }
  if (random.chance(0.4)) return client.process.connection(`mail of ${client.name}`)
  return machine.connection(
    client,
    random.pick(["nothing", "leaves", "speaks", "answers"]),
    random.pick([0, 20, 1_500]) * random.fraction()
  )
}

/** Lets clients come in the course of the arrival time, and at last one that takes what is left. Answers with the polite ones. */
const addClients = (machine: Machine, plan: Plan, scene: Scene) => {
  const { kernel, observer } = machine
  const polite: Array<ReturnType<Machine["client"]>> = []
  const arrivals = Array.from({ length: plan.clients }, () => scene.random.fraction() * plan.arrivalMillis).sort(
    (one, other) => one - other
  )
  const step = (): SimulatedSystemCalls.ActorProgress => {
    const next = arrivals[0]
    if (next === undefined) return "done"
    if (kernel.nowMillis < next) return { sleepUntilMillis: next }
    arrivals.shift()
    const isStranger = scene.random.chance(0.08)
    const client = machine.client(undefined, isStranger ? strangerUid : 0)
    if (isStranger && scene.random.chance(0.5)) client.process.groups = [strangerGid, memberGid]
    const behaviour = draw(client, scene)
    if (behaviour.isPolite && !isStranger) polite.push(client)
    client.run(behaviour.script)
    return "moved"
  }
  kernel.addActor({ name: "arrivals", step })
  const last = plan.arrivalMillis + 500 + scene.random.below(1_500)
  machine.at(last, () => {
    const client = machine.client("the last client")
    client.run(takeAll(new PoliteClient(client, scene.fail), [...plan.endpoints, "nowhere"]))
  })
  machine.at(plan.arrivalMillis + 60_000, () => {
    for (const client of polite) {
      const { acceptedAtMillis, end, isBroken, isClosed } = client.conversation
      const isOver = isClosed || end !== undefined || isBroken
      // Where places are few, some come in late.
      const isInTime = acceptedAtMillis !== undefined && acceptedAtMillis < plan.arrivalMillis + 40_000
      if (!client.isFinished && isInTime && !isOver) observer.fail(`${client.name} never came to its end`)
    }
    const isLate = observer.model.held.some(({ deadlineMillis }) => deadlineMillis < kernel.nowMillis)
    if (isLate) observer.fail("something is still held after its time")
  })
  return polite
}

const totalsOf = ({ callCounts, clients, daemon, kernel, observer }: Machine): Totals => {
  const totals = new Totals()
  totals.seeds = 1
  totals.clients = clients.length
  for (const { hits, requests } of observer.conversations) {
    totals.requests += requests
    totals.hits += hits
  }
  const { counts } = observer.model
  totals.handedOver = counts["handed over"]
  totals.putBack = counts.putBack
  totals.expired = counts.expired
  totals.evicted = counts.evicted
  totals.bindingsEvicted = counts.bindingsEvicted
  totals.refused = counts.refused
  totals.dead = counts.dead
  totals.strangers = observer.server?.statistics.totals.strangers ?? 0
  totals.passed = kernel.counts.passed
  totals.received = kernel.counts.received
  totals.systemCalls = Number.parseInt(kernel.fingerprint, 10)
  totals.virtualMillis = kernel.nowMillis
  for (const counts of [daemon.faults.counts, observer.oddFaults.counts]) {
    for (const [fault, count] of counts) totals.faults.set(fault, count)
  }
  for (const [call, count] of callCounts) totals.calls.set(call, count)
  return totals
}

const explain = (seed: number, profile: FaultProfile, plan: Plan, error: unknown): Error => {
  const failure = error instanceof SimulationFailure ? error : new SimulationFailure(String(error), "")
  const { endpoints, destinations, ...rest } = plan
  return new SimulationFailure(
    [
      failure.message,
      `seed ${seed}, faults: ${profile.name}`,
      `plan: ${JSON.stringify({ ...rest, endpoints: endpoints.length, destinations: destinations.length })}`,
      `replay: SCACHED_SEED=${seed} bun test apps/scached/test/simulation/Simulation.test.ts`,
      failure.machine
    ].join("\n"),
    failure.machine
  )
}
