/**
 * What a daemon asks of the kernel about its own process.
 */
export * as DescriptorLimits from "./DescriptorLimits.ts"
export * as GroupDatabase from "./GroupDatabase.ts"
export * as KernelProcessCalls from "./KernelProcessCalls.ts"
export * as OverflowIds from "./OverflowIds.ts"
export * as Privileges from "./Privileges.ts"
export * from "./ProcessCalls.ts"
export * as UserDatabase from "./UserDatabase.ts"
