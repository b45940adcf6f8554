/** Fault profiles as people write them: `for bench-1: loss=5,delay=20-50; drop data 17 x2`. docs/faults.md has it all. */

import { parseMac } from "../mac";
import { nearestWord } from "../nearestWord";
import {
  faultNames,
  faultTable,
  formOf,
  mostSeed,
  rateNames,
  rateTable,
  type FaultName,
  type FaultProfile,
  type PacketName,
  type Place,
  type RateName,
  type Rates,
} from "./profile";

/** What is wrong with a profile, and where. */
export interface Mistake {
  /** The first character that is wrong, from 0. */
  readonly at: number;
  /** What is there, and what is allowed. */
  readonly message: string;
}

export type ParsedProfile = { readonly profile: FaultProfile } | { readonly mistake: Mistake };

/** Leaves the parser; nobody outside sees it. */
class Wrong extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

interface Word {
  readonly text: string;
  readonly at: number;
}

const longestMs = 600_000;
const longestDelayMs = 60_000;
const mostTimes = 1000;

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** The parts of a text between separators, with their places; blanks around them are left out. */
function split(text: string, separator: string, from: number): Word[] {
  let at = from;
  return text.split(separator).map((part) => {
    const word = { text: part.trim(), at: at + (part.length - part.trimStart().length) };
    at += part.length + 1;
    return word;
  });
}

const wordsOf = (part: Word): Word[] =>
  [...part.text.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: part.at + match.index }));

function unknown(word: Word, what: string, candidates: readonly string[]): Wrong {
  const nearest = nearestWord(word.text, candidates);
  const meant = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return new Wrong(word.at, `there is no ${what} "${word.text}".${meant} Allowed: ${candidates.join(", ")}`);
}

function number(word: Word, min: number, max: number, digits = /^\d{1,10}$/): number {
  const value = digits.test(word.text) ? Number(word.text) : NaN;
  if (!(value >= min && value <= max))
    throw new Wrong(word.at, `"${word.text}" is to be a number from ${min} to ${max}`);
  return value;
}

/** `20s`, `1MB`: a number and its unit. */
function measure(word: Word, units: Readonly<Record<string, number>>, max: number, example: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(word.text) ?? [];
  const known = Object.keys(units).find((each) => each.toLowerCase() === unit.toLowerCase());
  const value = known === undefined || digits === "" ? NaN : Math.round(Number(digits) * (units[known] ?? 1));
  if (!(value >= 1 && value <= max)) {
    const names = Object.keys(units).filter((each) => each !== "");
    const form = `a number with one of ${names.join(", ")}, such as ${example}`;
    throw new Wrong(word.at, `"${word.text}" is to be ${form}, at most ${max} ${names[0] ?? ""}`);
  }
  return value;
}

function readRate(name: RateName, value: Word): Rates {
  switch (name) {
    case "seed":
      return { seed: number(value, 0, mostSeed) };
    case "delay": {
      const [min, max = min, more] = split(value.text, "-", value.at);
      if (min === undefined || max === undefined || more !== undefined)
        throw new Wrong(value.at, `delay is written ${rateTable.delay.example}`);
      const range = [number(min, 0, longestDelayMs), number(max, 0, longestDelayMs)] as const;
      if (range[0] > range[1]) throw new Wrong(value.at, `"${value.text}": the smaller number comes first`);
      return { delay: range };
    }
    default:
      return { [name]: number(value, 0, 100, /^\d{1,3}(\.\d{1,3})?$/) };
  }
}

function readRates(part: Word): Rates {
  let rates: Rates = {};
  for (const pair of split(part.text, ",", part.at)) {
    const equals = pair.text.indexOf("=");
    const name = { text: (equals < 0 ? pair.text : pair.text.slice(0, equals)).trim(), at: pair.at };
    const known = rateNames.find((each) => each === name.text);
    if (known === undefined) throw unknown(name, "rate", rateNames);
    if (equals < 0) throw new Wrong(name.at, `${known} wants a value: ${rateTable[known].example}`);
    if (rates[known] !== undefined) throw new Wrong(name.at, `${known} stands there twice`);
    const [value] = split(pair.text.slice(equals + 1), "\n", pair.at + equals + 1);
    rates = { ...rates, ...readRate(known, value ?? name) };
  }
  return rates;
}

/** Takes the words of a fault one after the other. */
class Words {
  private next = 0;

  constructor(
    private readonly words: readonly Word[],
    private readonly form: string,
    private readonly end: number,
  ) {}

  get more(): boolean {
    return this.next < this.words.length;
  }

  peek(): string {
    return this.words[this.next]?.text ?? "";
  }

  take(what: string): Word {
    const word = this.words[this.next];
    if (word === undefined) throw new Wrong(this.end, `${what} is missing; it is written ${this.form}`);
    this.next += 1;
    return word;
  }

  done(): void {
    const word = this.words[this.next];
    if (word !== undefined)
      throw new Wrong(word.at, `"${word.text}" is too much; it is written ${this.form}`);
  }
}

const times = /^x(\d*)$/i;

function readPacket(words: Words, name: FaultName): { packet: PacketName; block?: number } {
  const { packets = [], otherwise } = faultTable[name];
  if (otherwise !== undefined && (!words.more || times.test(words.peek()))) return otherwise;
  const word = words.take("a packet");
  const packet = packets.find((each) => each === word.text.toLowerCase());
  if (packet === undefined) throw unknown(word, `packet for ${name}`, packets);
  if (packet !== "data" && packet !== "ack") return { packet };
  return { packet, block: number(words.take("the number of the block"), 0, 65535) };
}

function readTimes(words: Words): number {
  if (!words.more) return 1;
  const word = words.take("xN");
  const digits = times.exec(word.text)?.[1];
  if (digits === undefined) throw new Wrong(word.at, `"${word.text}" is too much; how often is written x2`);
  return number({ text: digits, at: word.at + 1 }, 1, mostTimes);
}

function readPlace(part: Word): Place {
  const [first, ...rest] = wordsOf(part);
  if (first === undefined) throw new Wrong(part.at, `a fault is missing; allowed: ${faultNames.join(", ")}`);
  const fault = faultNames.find((each) => each === first.text.toLowerCase());
  if (fault === undefined)
    throw unknown(first, "fault", [...faultNames, ...rateNames.map((each) => `${each}=`)]);
  const words = new Words(rest, formOf(fault), part.at + part.text.length);
  const place = readArguments(fault, words);
  words.done();
  return place;
}

/** What follows the name, in this order. */
function readArguments(fault: FaultName, words: Words): Place {
  const time = (): number => measure(words.take("a time"), timeUnits, longestMs, "20s");
  const size = (): number => measure(words.take("a size"), sizeUnits, Number.MAX_SAFE_INTEGER, "1MB");
  switch (fault) {
    case "ftp":
      return { fault, code: number(words.take("a code"), 400, 599), times: readTimes(words) };
    case "cut-data":
      return { fault, bytes: size(), times: readTimes(words) };
    case "stall-data":
      return { fault, bytes: size(), ms: time(), times: readTimes(words) };
    case "stall":
      return { fault, ...readPacket(words, fault), ms: time(), times: readTimes(words) };
    default:
      return { fault, ...readPacket(words, fault), times: readTimes(words) };
  }
}

/** `for 52:54:00:12:34:56: `: whom it is about. A colon and a blank end it, for a MAC has colons too. */
function readBoard(text: string): { readonly board?: string; readonly from: number } {
  const found = /^\s*for\s+/i.exec(text);
  if (found === null) return { from: 0 };
  const start = found[0].length;
  const end = text.slice(start).search(/:(\s|$)/);
  if (end < 1) {
    throw new Wrong(
      start,
      "after for comes a MAC, an address or a client's name, then a colon and a blank: for bench-1: loss=5",
    );
  }
  const board = text.slice(start, start + end).trim();
  return { board: parseMac(board) ?? board, from: start + end + 1 };
}

function parse(text: string): FaultProfile {
  const { board, from } = readBoard(text);
  let rates: Rates = {};
  const places: Place[] = [];
  for (const part of split(text.slice(from), ";", from)) {
    if (/^[\w-]*\s*[=,]/.test(part.text)) {
      const more = readRates(part);
      const twice = rateNames.find((name) => rates[name] !== undefined && more[name] !== undefined);
      if (twice !== undefined) throw new Wrong(part.at, `${twice} stands there twice`);
      rates = { ...rates, ...more };
    } else places.push(readPlace(part));
  }
  if (places.length === 0 && rateNames.every((name) => name === "seed" || rates[name] === undefined))
    throw new Wrong(from, "a seed alone does nothing; add a rate, such as loss=5, or a fault");
  return { ...(board !== undefined && { board }), rates, places };
}

/** Reads one profile. */
export function parseProfile(text: string): ParsedProfile {
  try {
    return { profile: parse(text) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { mistake: { at: error.at, message: error.message } };
  }
}

/** The mistake as one sentence: `at character 6, there is no rate "lss". Did you mean loss? …`. */
export const describeMistake = ({ at, message }: Mistake): string => `at character ${at + 1}: ${message}`;

const unitOf = (value: number, units: Readonly<Record<string, number>>, names: readonly string[]): string => {
  const name = names.find((each) => value % (units[each] ?? 1) === 0) ?? names.at(-1) ?? "";
  return `${value / (units[name] ?? 1)}${name}`;
};
export const formatTime = (ms: number): string => unitOf(ms, timeUnits, ["s", "ms"]);
export const formatBytes = (bytes: number): string =>
  unitOf(bytes, sizeUnits, ["GB", "GiB", "MB", "MiB", "KB", "KiB", "B"]);

function formatPlace(place: Place): string {
  const words: (string | number)[] = [place.fault];
  if ("packet" in place) words.push(place.packet, ...(place.block === undefined ? [] : [place.block]));
  if ("code" in place) words.push(place.code);
  if ("bytes" in place) words.push(formatBytes(place.bytes));
  if ("ms" in place) words.push(formatTime(place.ms));
  if (place.times > 1) words.push(`x${place.times}`);
  return words.join(" ");
}

/** The profile as it can be written again. @param seed where it has none. */
export function formatProfile({ board, rates, places }: FaultProfile, seed?: number): string {
  const all: Rates = seed === undefined ? rates : { seed, ...rates };
  const pairs = rateNames.flatMap((name) => {
    const value = all[name];
    return value === undefined
      ? []
      : [`${name}=${typeof value === "number" ? value : [...new Set(value)].join("-")}`];
  });
  const parts = [...(pairs.length > 0 ? [pairs.join(",")] : []), ...places.map(formatPlace)];
  return `${board === undefined ? "" : `for ${board}: `}${parts.join("; ")}`;
}
