/** Draws media/icon.png, 256 × 256 pixels, as the marketplace wants it: a chip that an arrow leaves upwards. */

import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const size = 256;
/** Samples per pixel and axis: edges are smooth. */
const samples = 4;

const background = [27, 58, 75];
const foreground = [238, 244, 247];
const accent = [79, 195, 161];

const inBox = (x, y, left, top, right, bottom, radius) => {
  const dx = Math.max(left + radius - x, x - (right - radius), 0);
  const dy = Math.max(top + radius - y, y - (bottom - radius), 0);
  return x >= left && x <= right && y >= top && y <= bottom && dx * dx + dy * dy <= radius * radius;
};
const inArrow = (x, y) =>
  inBox(x, y, 114, 60, 142, 138, 4) || (y >= 28 && y <= 84 && Math.abs(x - 128) <= (y - 28) * 0.95);
const isPort = (x, y) => [60, 96].some((left) => inBox(x, y, left, 178, left + 22, 200, 5));

/** The colour at a place: the first shape that holds it; undefined outside of all. */
function colourAt(x, y) {
  if (inArrow(x, y)) return accent;
  if (isPort(x, y)) return background;
  if (inBox(x, y, 136, 182, 200, 196, 7)) return background;
  if (inBox(x, y, 36, 152, 220, 226, 16)) return foreground;
  return inBox(x, y, 0, 0, size, size, 44) ? background : undefined;
}

function pixel(column, row) {
  const sum = [0, 0, 0, 0];
  for (let each = 0; each < samples * samples; each += 1) {
    const x = column + ((each % samples) + 0.5) / samples;
    const y = row + (Math.floor(each / samples) + 0.5) / samples;
    const colour = colourAt(x, y);
    if (colour === undefined) continue;
    colour.forEach((value, index) => (sum[index] += value));
    sum[3] += 1;
  }
  const covered = sum[3];
  if (covered === 0) return [0, 0, 0, 0];
  const alpha = Math.round((255 * covered) / (samples * samples));
  return [...sum.slice(0, 3).map((value) => Math.round(value / covered)), alpha];
}

/** A chunk of a PNG: length, type, data, CRC (PNG §5.3). */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(size, 0);
header.writeUInt32BE(size, 4);
header.set([8, 6, 0, 0, 0], 8); // 8 bits each of red, green, blue and alpha.
const lines = Array.from({ length: size }, (_, row) =>
  Buffer.from([0, ...Array.from({ length: size }, (_, column) => pixel(column, row)).flat()]),
);
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk("IHDR", header),
  chunk("IDAT", deflateSync(Buffer.concat(lines), { level: 9 })),
  chunk("IEND", Buffer.alloc(0)),
]);
writeFileSync(path.join(fileURLToPath(new URL("..", import.meta.url)), "media", "icon.png"), png);
