/** The four requests as small numbers, which index tables in the hot path. */
export const RequestKind = { saveEndpoint: 0, findEndpoint: 1, saveDestination: 2, findDestination: 3 } as const

/** Their names on the wire, by that number. */
export const kindNames = ["save_endp", "find_endp", "save_dest", "find_dest"] as const
