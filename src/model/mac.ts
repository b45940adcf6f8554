/** MAC addresses as people write them, in one form. */

const forms = [
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/i,
];

/** `52:54:00:12:34:56`, `52-54-00-12-34-56` or `5254.0012.3456` in lower case with colons; else undefined. */
export function parseMac(text: string): string | undefined {
  if (!forms.some((form) => form.test(text))) return undefined;
  const digits = text.replace(/[:.-]/g, "").toLowerCase();
  return digits.replace(/..(?!$)/g, "$&:");
}

/** True for the address of one interface: neither a group address (IEEE 802: lowest bit of the first byte) nor zero. */
export function isStationMac(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 0 && /[1-9a-f]/.test(mac);
}
