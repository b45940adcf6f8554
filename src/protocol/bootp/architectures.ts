/** What a client's firmware runs on, option 93 (RFC 4578 §2.1 and IANA's list), by the names that people use. */

/** Several numbers: x64 firmware says 7 or 9, since RFC 4578 and its errata differ. */
export const architectures: Readonly<Record<string, readonly number[]>> = {
  bios: [0],
  "uefi-x86": [6],
  "uefi-x64": [7, 9],
  "uefi-arm32": [10],
  "uefi-arm64": [11],
  "uefi-riscv64": [27],
  "http-x86": [15],
  "http-x64": [16],
  "http-arm32": [18],
  "http-arm64": [19],
  "u-boot-arm32": [21],
  "u-boot-arm64": [22],
  "raspberry-pi": [41],
};

/** `uefi-x64`, or the number where it has no name here. */
export function nameOfArchitecture(code: number): string {
  return Object.entries(architectures).find(([, codes]) => codes.includes(code))?.[0] ?? `${code}`;
}
