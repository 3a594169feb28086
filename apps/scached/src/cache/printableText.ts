/** Labels hold newlines and 8-bit bytes: control bytes become `?`, as in Postfix's own logs. */
export const printableText = (text: string): string => text.replace(/[\x00-\x1f\x7f-\xff]/g, "?")
