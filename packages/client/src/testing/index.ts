export * from "./MemoryCache.ts"
