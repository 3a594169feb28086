/** Bytes of a list, written the obvious way: `list("request=find_endp", "label=x")`. */
export const list = (...attributes: ReadonlyArray<string>): Uint8Array => {
  let text = ""
  for (const attribute of attributes) {
    const at = attribute.indexOf("=")
    text += `${attribute.slice(0, at)}\0${attribute.slice(at + 1)}\0`
  }
  return new Uint8Array(Buffer.from(`${text}\0`, "latin1"))
}

export const text = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "" : Buffer.from(bytes).toString("latin1").replaceAll("\0", "|")

export const greeting = list("protocol=connection_cache_protocol")
export const dummy = list("dummy=")
