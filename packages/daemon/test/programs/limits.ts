/** Raises its limit of descriptors, and counts them with and without /proc: prints what came of it as JSON. */
import { mkdtempSync, rmdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { DescriptorLimits, KernelProcessCalls, ProcessCalls } from "../../src/index.ts"
import { kernelCalls as calls, must } from "../support/calls.ts"

const processCalls = Effect.runSync(ProcessCalls.pipe(Effect.provide(KernelProcessCalls.layer)))
const [soft, hard] = process.argv.slice(2).map(Number)
const limit = must<unknown>(processCalls.descriptorLimit())
const lowered = processCalls.setDescriptorLimit(soft ?? 0)
const before = processCalls.descriptorLimit()
const raised = Effect.runSync(DescriptorLimits.raise.pipe(Effect.provideService(ProcessCalls, processCalls)))
const after = processCalls.descriptorLimit()
const beyond = processCalls.setDescriptorLimit((hard ?? 0) + 1)
const counted = Number(processCalls.countDescriptors())
must(calls.socketPair())
const more = Number(processCalls.countDescriptors()) - counted
const root = mkdtempSync(join(tmpdir(), "fdpass-"))
const isRoot = processCalls.changeRoot(root) >= 0
const byAsking = Number(processCalls.countDescriptors()) - counted
if (!isRoot) rmdirSync(root)
console.log(JSON.stringify({ limit, lowered, before, raised, after, beyond, more, byAsking }))
