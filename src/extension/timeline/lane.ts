/** One boot as a lane: its head, where its time went, and a row with a bar for each file. Lengths are parts of a scale. */

import { formatDuration } from "../../model/text";
import { joined } from "../views/item";
import { count, formatList, quoted } from "../words";
import { durationOf, isLoaded, isRunning, type Boot, type BootFile } from "./boot";
import { besideBar, fileText, markText, mostOf, partNames, sharesText, states, summaryOf } from "./bootWords";
import { gapsOf, parts, sharesOf, spanOf, waitsOf, type Span } from "./shares";
import { shape, type Shape } from "./shape";

/** How a lane stands on the page. */
export interface Place {
  /** `today 14:03`. */
  readonly when: string;
  /** How it differs from the board's boot before. */
  readonly versus?: string | undefined;
  readonly open: boolean;
  /** It was chosen to be compared. */
  readonly compared: boolean;
  /** Of the whole width, in ms. */
  readonly scale: number;
}

const rowHeight = 26;
/** A shorter gap between two files is only the way of a packet. */
const gapMs = 50;
/** A gap of this part of the scale has room for its length in words. */
const roomForWords = 0.12;

const percent = (ms: number, scale: number): string => `${Number(((100 * ms) / scale).toFixed(4))}%`;

/** A box of a row's height; one that is shorter than a hair is seen all the same. */
const box = (kind: string, { from, to }: Span, scale: number, fill?: string): Shape =>
  shape("rect", {
    class: kind,
    x: percent(from, scale),
    y: 5,
    width: percent(Math.max(to - from, scale / 1000), scale),
    height: rowHeight - 10,
    rx: 2,
    fill,
  });

/** Words beside a bar, where there is room for them: behind it, before it, else on it. */
function words(text: string, { from, to }: Span, scale: number): Shape {
  const behind = to / scale < 0.62;
  const before = !behind && from / scale > 0.38;
  return shape(
    "text",
    {
      class: "words",
      x: percent(behind ? to : from, scale),
      dx: behind || !before ? 7 : -7,
      y: rowHeight / 2 + 4,
      "text-anchor": before ? "end" : "start",
    },
    text,
  );
}

const track = (...children: readonly (Shape | false)[]): Shape =>
  shape(
    "svg",
    { class: "track", width: "100%", height: rowHeight, "aria-hidden": "true", focusable: "false" },
    ...children,
  );

interface Row {
  readonly key: string;
  /** Before the label; it gives way first: what tells two files apart stands at the end. */
  readonly folder?: string;
  readonly label: string;
  readonly kind: string;
  /** What the pointer and a screen reader are told. */
  readonly title: string;
  /** The transfer whose row a click shows. */
  readonly transfer?: string;
  readonly drawn: readonly (Shape | false)[];
}

const rowShape = ({ key, folder = "", label, kind, title, transfer, drawn }: Row): Shape =>
  shape(
    "li",
    {},
    shape(
      "div",
      {
        class: "row item",
        role: transfer === undefined ? "note" : "button",
        "data-key": key,
        "data-do": transfer === undefined ? undefined : "transfer",
        "data-id": transfer,
        "aria-label": title.replaceAll("\n", ". "),
        title,
      },
      shape(
        "div",
        { class: "label", "aria-hidden": "true" },
        folder !== "" && shape("span", { class: "folder" }, folder),
        shape("span", { class: "name" }, label),
        shape("span", { class: `kind ${kind.toLowerCase()}` }, kind),
      ),
      track(...drawn),
    ),
  );

function fileRow(boot: Boot, file: BootFile, scale: number): Row {
  const span = spanOf(file);
  const waits = waitsOf(file);
  const name = quoted(file.file);
  const cut = name.lastIndexOf("/") + 1;
  return {
    key: `${boot.id} ${file.id}`,
    folder: name.slice(0, cut),
    label: name.slice(cut),
    kind: file.protocol.toUpperCase(),
    title: fileText(file),
    // The ids of rows mean nothing in another session.
    ...(boot.row !== undefined && { transfer: file.id }),
    drawn: [
      box(`bar ${file.protocol} ${file.state}`, span, scale),
      ...waits.flatMap((wait) => [box("wait", wait, scale), box("hatch", wait, scale, "url(#hatch)")]),
      file.retransmissions > 0 && againMark(file, scale),
      words(besideBar(file), span, scale),
    ],
  };
}

/** A sign at the begin of a bar that packets went more than once. */
const againMark = (file: BootFile, scale: number): Shape =>
  shape("circle", { class: "again", cx: percent(file.at, scale), cy: 5, r: 3.5 });

function marksRow(boot: Boot, scale: number): Row[] {
  const { marks } = boot;
  if (marks.length === 0) return [];
  return [
    {
      key: `${boot.id} bootp`,
      label: count(marks.length, "question"),
      kind: "BOOTP",
      title: `BOOTP and DHCP, ${count(marks.length, "question")}\n${marks.map(markText).join("\n")}`,
      drawn: marks.flatMap(({ at, ms }) => [
        ms > 0 && box("asked", { from: at, to: at + ms }, scale),
        shape("circle", { class: "mark", cx: percent(at, scale), cy: rowHeight / 2, r: 5 }),
      ]),
    },
  ];
}

/** What was asked for and not loaded: one row for all, since boards try many names. */
function refusedRow(boot: Boot, scale: number): Row[] {
  const refused = boot.files.filter((file) => !isLoaded(file));
  if (refused.length === 0) return [];
  const lines = refused.map((file) =>
    joined(
      ": ",
      `${formatDuration(file.at)}, ${quoted(file.file)}`,
      file.state === "probe" ? states.probe : quoted(file.trouble ?? "refused"),
    ),
  );
  return [
    {
      key: `${boot.id} refused`,
      label: formatList([...new Set(refused.map(({ file }) => quoted(file)))].slice(0, 3)),
      kind: "not loaded",
      title: `Asked for and not loaded, ${count(refused.length, "request")}\n${lines.join("\n")}`,
      drawn: refused.map((file) =>
        shape("circle", {
          class: file.state === "probe" ? "probe" : "refused",
          cx: percent(file.at, scale),
          cy: rowHeight / 2,
          r: 4,
        }),
      ),
    },
  ];
}

const middleWords = (text: string, from: number, to: number, scale: number): Shape =>
  shape(
    "text",
    {
      class: "words",
      x: percent((from + to) / 2, scale),
      y: rowHeight / 2 + 4,
      "text-anchor": "middle",
    },
    text,
  );

/** Between the files the board is busy with itself; after the last one it is silent. */
function aloneRow(boot: Boot, scale: number): Row {
  const end = durationOf(boot);
  const gaps = gapsOf(boot).filter(({ from, to }) => to - from >= gapMs);
  const told = gaps.map(({ from, to }) => `${formatDuration(from)}: ${formatDuration(to - from)}`);
  const silent = isRunning(boot) ? "" : `Nothing more after ${formatDuration(end)}`;
  return {
    key: `${boot.id} alone`,
    label: "no file on its way",
    kind: "gaps",
    title: joined("\n", "No file was on its way: the board was busy with itself", ...told, silent),
    drawn: [
      ...gaps.flatMap((gap) => [
        box("gap", gap, scale),
        (gap.to - gap.from) / scale > roomForWords &&
          middleWords(formatDuration(gap.to - gap.from), gap.from, gap.to, scale),
      ]),
      silent !== "" &&
        end < scale &&
        shape("line", {
          class: "silence",
          x1: percent(end, scale),
          x2: "100%",
          y1: rowHeight / 2,
          y2: rowHeight / 2,
        }),
      silent !== "" && 1 - end / scale > roomForWords && middleWords("silent", end, scale, scale),
    ],
  };
}

/** One bar of all the time, in its parts. */
function sharesBar(boot: Boot): Shape {
  const shares = sharesOf(boot);
  const total = Math.max(1, durationOf(boot));
  let at = 0;
  return shape(
    "svg",
    { class: "shares", width: "100%", height: 10, "aria-hidden": "true", focusable: "false" },
    ...parts.map((part) => {
      const from = at;
      at += shares[part];
      return shape(
        "rect",
        { class: part, x: percent(from, total), y: 0, width: percent(shares[part], total), height: 10 },
        shape("title", {}, `${partNames[part]} ${formatDuration(shares[part])}`),
      );
    }),
  );
}

const button = (attributes: Readonly<Record<string, string>>, ...text: readonly (Shape | string)[]): Shape =>
  shape("button", { type: "button", ...attributes, class: `item ${attributes["class"] ?? ""}` }, ...text);

function head(boot: Boot, { when, versus, open, compared }: Place): Shape {
  const name = quoted(boot.name);
  const duration = formatDuration(durationOf(boot));
  const told = [summaryOf(boot), mostOf(boot), versus];
  return shape(
    "div",
    { class: "head" },
    button(
      {
        class: "fold",
        "data-do": "fold",
        "data-id": boot.id,
        "data-key": `${boot.id} fold`,
        "aria-expanded": String(open),
        title: joined("\n", ...told),
        "aria-label": joined(", ", `${name}, ${when}`, duration, ...told),
      },
      shape("span", { class: "board" }, name),
      shape("span", { class: "when" }, when),
      shape("span", { class: "duration" }, duration),
      shape("span", { class: "summary" }, summaryOf(boot)),
    ),
    sharesBar(boot),
    versus !== undefined && shape("span", { class: "versus", title: versus }, versus),
    button(
      {
        class: "compare",
        "data-do": "compare",
        "data-id": boot.id,
        "data-key": `${boot.id} compare`,
        "aria-pressed": String(compared),
        title: "Choose two boots to compare them (C)",
        "aria-label": `Compare ${name}, ${when}`,
      },
      "Compare",
    ),
    boot.row !== undefined &&
      button(
        {
          class: "log",
          "data-do": "log",
          "data-id": boot.row,
          "data-key": `${boot.id} log`,
          "aria-label": `Boot log of ${name}`,
        },
        "Boot Log",
      ),
  );
}

/** The whole lane. */
export function lane(boot: Boot, place: Place): Shape {
  const { open, scale, when } = place;
  const files = boot.files.filter(isLoaded);
  return shape(
    "section",
    { class: open ? "lane open" : "lane", "aria-label": `${quoted(boot.name)}, ${when}` },
    head(boot, place),
    open && shape("p", { class: "where" }, shape("strong", {}, mostOf(boot)), ` · ${sharesText(boot)}`),
    ...(open ? boot.notes : []).map((note) => shape("p", { class: "note" }, quoted(note))),
    open &&
      shape(
        "ul",
        { class: "rows", "aria-label": "What happened" },
        ...[
          ...marksRow(boot, scale),
          ...[...files].sort((a, b) => a.at - b.at).map((file) => fileRow(boot, file, scale)),
          ...refusedRow(boot, scale),
          aloneRow(boot, scale),
        ].map(rowShape),
      ),
  );
}
