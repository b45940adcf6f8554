/** The whole page: the boots as lanes on one scale, the latest first, and two of them side by side. */

import { formatDuration } from "../../model/text";
import { quoted } from "../words";
import { durationOf, isRunning, type Boot } from "./boot";
import { partNames, whenOf } from "./bootWords";
import type { Choice } from "./choice";
import { compare, isNothing, signed, type Comparison } from "./compare";
import { lane } from "./lane";
import { parts } from "./shares";
import { shape, type Shape } from "./shape";

/** The same in any state of the page, so that what follows it is found. */
const tools = (): Shape =>
  shape(
    "div",
    { class: "tools" },
    shape(
      "ul",
      { class: "legend", "aria-label": "Colours" },
      ...parts.map((part) =>
        shape("li", {}, shape("span", { class: `swatch ${part}`, "aria-hidden": "true" }), partNames[part]),
      ),
      shape("li", {}, shape("span", { class: "swatch again", "aria-hidden": "true" }), "packets sent again"),
    ),
    shape(
      "div",
      { class: "zoom", role: "group", "aria-label": "Zoom" },
      tool("out", "−", "Zoom out (−)"),
      tool("fit", "Fit", "Show the whole (0)"),
      tool("in", "+", "Zoom in (+), or the wheel with Ctrl"),
    ),
  );

const tool = (does: string, text: string, title: string): Shape =>
  shape(
    "button",
    { type: "button", class: "item", "data-do": does, "data-key": does, title, "aria-label": title },
    text,
  );

const nothing = (): Shape =>
  shape(
    "p",
    { class: "nothing" },
    "No board has booted yet. Start Boot Servers, switch a board on, and see here where its time goes.",
  );

/** A pattern for all bars of the page. */
const patterns = (): Shape =>
  shape(
    "svg",
    { class: "patterns", width: 0, height: 0, "aria-hidden": "true", focusable: "false" },
    shape(
      "defs",
      {},
      shape(
        "pattern",
        {
          id: "hatch",
          width: 6,
          height: 6,
          patternUnits: "userSpaceOnUse",
          patternTransform: "rotate(45)",
        },
        shape("rect", { class: "hatching", width: 2, height: 6 }),
      ),
    ),
  );

const previousOf = (boot: Boot, boots: readonly Boot[]): Boot | undefined =>
  boots.slice(boots.indexOf(boot) + 1).find(({ client }) => client === boot.client);

/** How a boot that is over differs from the board's boot before. */
function versusOf(boot: Boot, boots: readonly Boot[], now: number): string | undefined {
  const earlier = previousOf(boot, boots);
  if (earlier === undefined || isRunning(boot)) return undefined;
  return compare(earlier, boot, whenOf(earlier.startedAt, now)).sentence;
}

/** Two boots as a table of what differs. */
function comparison(earlier: Boot, later: Boot, now: number): Shape {
  const [was, is] = [earlier, later].map(({ startedAt }) => whenOf(startedAt, now));
  const [earlierName, laterName] = [nameOf(earlier, later, was ?? ""), nameOf(later, earlier, is ?? "")];
  const compared = compare(earlier, later, earlierName);
  return shape(
    "section",
    { class: "comparison", "aria-label": "Comparison", role: "region" },
    shape("h2", {}, `${quoted(later.name)}, ${is ?? ""}: ${lowerCase(compared.sentence)}`),
    differences(compared, [earlierName, laterName]),
  );
}

/** Boots of two boards are told apart by their names. */
const nameOf = (boot: Boot, other: Boot, when: string): string =>
  boot.client === other.client ? when : `${quoted(boot.name)}, ${when}`;

const lowerCase = (sentence: string): string => sentence.slice(0, 1).toLowerCase() + sentence.slice(1);

const timeOf = (ms: number | undefined): string => (ms === undefined ? "–" : formatDuration(ms));

function differences({ differences: all }: Comparison, heads: readonly string[]): Shape {
  const most = Math.max(1, ...all.map(({ ms }) => Math.abs(ms)));
  return shape(
    "table",
    {},
    shape(
      "thead",
      {},
      shape("tr", {}, ...["", ...heads, "difference", ""].map((text) => shape("th", { scope: "col" }, text))),
    ),
    shape(
      "tbody",
      {},
      ...all.map(({ what, before, after, ms }) =>
        shape(
          "tr",
          {},
          shape("th", { scope: "row" }, what),
          shape("td", {}, timeOf(before)),
          shape("td", {}, timeOf(after)),
          shape("td", { class: toneOf(ms) }, signed(ms)),
          shape("td", { class: "drawn", "aria-hidden": "true" }, differenceBar(ms, most)),
        ),
      ),
    ),
  );
}

const toneOf = (ms: number): string | undefined => (isNothing(ms) ? undefined : ms > 0 ? "slower" : "faster");

/** To the right what is slower, to the left what is faster. */
function differenceBar(ms: number, most: number): Shape {
  const length = (50 * Math.abs(ms)) / most;
  return shape(
    "svg",
    { width: "100%", height: 14, focusable: "false" },
    shape("line", { class: "middle", x1: "50%", x2: "50%", y1: 0, y2: 14 }),
    shape("rect", {
      class: toneOf(ms),
      x: `${ms > 0 ? 50 : 50 - length}%`,
      y: 2,
      width: `${length}%`,
      height: 10,
    }),
  );
}

/** The boots that are open: those that were chosen, as far as they are still there, else the latest. */
function openOf(boots: readonly Boot[], { open }: Choice): readonly Boot[] {
  return open === undefined ? boots.slice(0, 1) : boots.filter(({ id }) => open.includes(id));
}

/** @param boots the latest first. @param now Unix ms. */
export function page(boots: readonly Boot[], choice: Choice, now: number): Shape {
  const open = openOf(boots, choice);
  const scale = Math.max(1, ...open.map(durationOf)) * 1.02;
  // The latest is first, whichever was chosen first.
  const [later, earlier] = boots.filter(({ id }) => choice.compare.includes(id));
  return shape(
    "main",
    { "data-scale": open.length === 0 ? undefined : String(scale) },
    patterns(),
    tools(),
    boots.length === 0 && nothing(),
    later !== undefined && earlier !== undefined && comparison(earlier, later, now),
    shape(
      "div",
      { class: "lanes" },
      shape("div", { class: "axis", "aria-hidden": "true" }),
      ...boots.map((boot) =>
        lane(boot, {
          when: whenOf(boot.startedAt, now),
          versus: versusOf(boot, boots, now),
          open: open.includes(boot),
          compared: choice.compare.includes(boot.id),
          scale,
        }),
      ),
    ),
  );
}
