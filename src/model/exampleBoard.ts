/** A board for which a rule of the plan holds: what a verification asks as, where no real one is named. */

import { encodeText } from "../protocol/bytes";
import { ruleFor, traitsOf } from "../protocol/bootp/choice";
import { option } from "../protocol/bootp/options";
import type { Asked } from "./drop";
import type { Plan, PlanRule } from "./plan";

/** `*` stands for anything, so also for nothing. */
const likeIt = (pattern: string): string => pattern.replaceAll("*", "");

/** MACs that a pattern holds for; the first byte is that of a locally administered one (IEEE 802 §8.2). */
function* macsLike(pattern: string): Generator<string> {
  for (let number = 0; number < 256; number += 1) {
    const byte = number.toString(16).padStart(2, "0");
    yield pattern.replace(/^\*/, "02").replaceAll("*", byte);
  }
}

/** One text of a user class has its length before it (RFC 3004 §4). */
function userClass(text: string): Uint8Array {
  const bytes = encodeText(text).subarray(0, 255);
  return Uint8Array.of(bytes.length, ...bytes);
}

function optionsLike({ vendorClass, architecture, userClass: user }: PlanRule): Map<number, Uint8Array> {
  const [code] = architecture ?? [];
  return new Map([
    ...(vendorClass === undefined ? [] : [option("vendorClassIdentifier", likeIt(vendorClass))]),
    ...(code === undefined ? [] : [option("clientArchitecture", [code])]),
    ...(user === undefined ? [] : [option("userClass", userClass(likeIt(user)))]),
  ]);
}

/**
 * How a board asks for which this rule counts and that the plan does not list; undefined: there is none, since
 * another rule before it holds as well.
 * @param asked what it asks with beside that.
 */
export function exampleOf(plan: Plan, index: number, asked: Asked): Required<Asked> | undefined {
  const rule = plan.match?.[index];
  if (rule === undefined) return undefined;
  const options = new Map([...(asked.options ?? []), ...optionsLike(rule)]);
  const listed = new Set(plan.clients.map(({ mac }) => mac));
  const macs = rule.mac === undefined ? [asked.mac ?? ""] : macsLike(rule.mac);
  for (const mac of macs) {
    if (!listed.has(mac) && ruleFor(plan, traitsOf(mac, options)) === index) return { mac, options };
  }
  return undefined;
}
