/** The answer to a request that looks into the cache, in as many parts as it takes. */
export interface Report {
  /** Makes the next part, within a part of a turn's time. */
  readonly next: () => { readonly bytes: Uint8Array; readonly isLast: boolean }
}
