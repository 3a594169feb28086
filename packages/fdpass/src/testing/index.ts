/**
 * The system calls as a simulated machine answers them: in memory, in virtual time, and decided by a seed.
 *
 * A `SimulatedKernel` has processes; each has its own table of descriptors and its own `SystemCalls`. While the program under test waits
 * in `epollWait`, actors move: simulated clients and whatever else a scenario needs. Nothing ever really waits. Every call can be made
 * to fail by plan, and every descriptor's life is in a ledger.
 *
 * @category layers
 */
import { Layer } from "effect"
import { SystemCalls } from "../SystemCalls.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"

export type { TracedCall } from "./CallTrace.ts"
// For packages that add calls to the simulated machine.
export { makeTracer } from "./callTracer.ts"
export { DatagramFile } from "./DatagramFile.ts"
export { standardNumbers } from "./DescriptorTable.ts"
export type { FaultableCall, FaultKind, FaultPlan, ScriptedFault } from "./FaultPlan.ts"
export { explainViolation, type LedgerCounts, type Violation } from "./Ledger.ts"
export { OneByOneBatch } from "./OneByOneBatch.ts"
export { type OpenFile, PlainFile } from "./OpenFile.ts"
export { SeededRandom } from "./SeededRandom.ts"
export { type KernelOptions, SimulatedKernel } from "./SimulatedKernel.ts"
export { type OpenDescriptor, type ProcessOptions, SimulatedProcess } from "./SimulatedProcess.ts"
export { SocketFile } from "./SocketFile.ts"
export {
  type Actor,
  type ActorProgress,
  SimulationDeadlock,
  SimulationLivelock
} from "./World.ts"

/**
 * Provides `SystemCalls` as a simulated process makes them.
 *
 * @category layers
 */
export const layer = (process: SimulatedProcess): Layer.Layer<SystemCalls> => Layer.succeed(SystemCalls, process.calls)
