/** Base64 as the wire has it: the standard alphabet with padding for bytes, the other one without for names. */

/** What the newest runtimes do natively, and many times faster. */
interface NativeDecoder {
  readonly fromBase64?: (text: string) => Uint8Array;
}

interface NativeEncoder {
  readonly toBase64?: () => string;
}

export function decodeBase64(text: string): Uint8Array {
  const { fromBase64 } = Uint8Array as NativeDecoder;
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text);
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

export function encodeBase64(bytes: Uint8Array): string {
  const native = (bytes as NativeEncoder).toBase64?.();
  if (native !== undefined) return native;
  let chars = "";
  for (const byte of bytes) chars += String.fromCharCode(byte);
  return btoa(chars);
}

/** The alphabet for names, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/[+/=]/g, (char) => (char === "+" ? "-" : char === "/" ? "_" : ""));
}
