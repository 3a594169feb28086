#!/usr/bin/env bun
import { basename } from "node:path"
import * as Service from "./service/main.ts"

const words = process.argv.slice(2)

/** The name in master.cf, which is that of a link to the executable; from source it is that of Bun. */
const processName = process.argv[1]?.startsWith("/$bunfs/") === true ? basename(process.argv0) : "scached"

// master(8) begins with a single letter, people with a word or with two dashes. What is for people is loaded for people only: it takes
// as long as all the rest (standard error as a stream alone 10 ms).
if (/^-[a-zA-Z]/.test(words[0] ?? "") && words[0] !== "-h") Service.main(words, processName)
else void import("./command/main.ts").then((command) => command.main(words))
