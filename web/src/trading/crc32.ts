// CRC32: the checksum of zlib, Ethernet and PNG, of text in ASCII.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** Give the CRC-32 of a text, as an unsigned number. */
export function crc32(text: string): number {
  let value = 0xffffffff;
  for (let place = 0; place < text.length; place += 1) {
    value = (TABLE[(value ^ text.charCodeAt(place)) & 0xff] as number) ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}
