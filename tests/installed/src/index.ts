export * from "./Command.ts"
export * from "./EmptyProject.ts"
export * from "./Snippet.ts"
export * from "./Tarball.ts"
