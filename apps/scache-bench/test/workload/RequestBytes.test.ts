import { expect, test } from "bun:test"
import { Request } from "@scached/protocol"
import { Result } from "effect"
import { dummyBytes, RequestBytes } from "../../src/workload/RequestBytes.ts"
import { Topology } from "../../src/workload/Topology.ts"
import { aWorkload } from "../support/aWorkload.ts"

const topology = new Topology(16, 16)
const bytes = new RequestBytes(aWorkload({ propertyBytesMin: 18, propertyBytesMax: 400 }), topology, "test")

test("a save names its connection in the properties, which are read back", () => {
  // The sixth label's properties are as short as can be: its name alone.
  for (const [endpoint, connection, generation] of [
    [5, 0, 1],
    [6, 77, 123_456],
    [7, 0xffff, 0xffff_ffff]
  ] as const) {
    bytes.name(endpoint, connection, generation)
    const request = Result.getOrThrow(Request.decode(bytes.saveEndpoint[endpoint]?.plain ?? new Uint8Array()))
    if (request._tag !== "SaveEndpoint") throw new Error(request._tag)
    expect(Number(request.ttlSeconds)).toBe(600)
    const properties = Buffer.from(request.properties, "latin1")
    expect(bytes.connectionOf(properties, 0, properties.length)).toBe(connection)
    expect(bytes.generationOf(properties, 0)).toBe(generation)
    expect(bytes.isFillerOf(endpoint, properties, 0, properties.length)).toBe(true)
    expect(properties.length > 18).toBe(endpoint !== 5)
    properties[properties.length - 1] = 33
    expect(bytes.isFillerOf(endpoint, properties, 0, properties.length)).toBe(endpoint === 5)
    expect(bytes.isFillerOf(endpoint, properties, 0, properties.length - 1)).toBe(false)
  }
})

test("properties of other making name no connection", () => {
  const other = Buffer.from("mx.example.test\n127.0.0.1\n25\n")
  expect(bytes.connectionOf(other, 0, other.length)).toBe(-1)
  expect(bytes.connectionOf(other, 0, 3)).toBe(-1)
})

test("a glued request is the dummy and the same request", () => {
  for (const { plain, glued } of [...bytes.findDestination, ...bytes.saveDestination, ...bytes.findEndpoint]) {
    expect(Buffer.concat([dummyBytes, plain])).toEqual(Buffer.from(glued))
    expect(Result.isSuccess(Request.decode(plain))).toBe(true)
  }
})
