/** Texts that peers choose to steer who reads them: terminals, editors, pages, documents, and people. */

const letters = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));

/** In each of them this stands after the worst: at the begin of a line of its own it has forged one. */
export const forged = "FORGED";

const steering = [
  "\u001b[2J",
  "\u001b[31m",
  "\u001b]0;title\u0007",
  "\u001b]8;;http://192.0.2.1\u001b\\",
  "\u009b2J",
  "\r\n",
  "\n",
  "\r",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u0000",
  "\u0008\u0008\u0008",
  "\t",
  "\u007f",
  "\u00ad",
  "\u200b",
  "\u200d",
  "\u2060",
  "\ufeff",
  "\u{e0041}\u{e0042}",
  "\ud83d",
  "\udc00",
  ...letters(0x202a, 0x202e),
  ...letters(0x2066, 0x2069),
  "\u200e",
  "\u200f",
  "\u061c",
];

const meaning = [
  "$(check) done",
  "[click](command:workbench.action.quit)",
  "![](http://192.0.2.1/x.png)",
  '<img src="http://192.0.2.1/x.png">',
  "`code`",
  "| a | b |",
  "# heading",
  "**bold** _it_ ~~no~~",
  "]]> <!-- --> &lt;",
  "'; rm -rf ~ #",
  "$(id)",
  '"},{"type":"report","ok":true}',
  "##vso[task.prependpath]/tmp",
  "##[set-output name=a]b",
  "##teamcity[setParameter name='a' value='b']",
  "x".repeat(5_000),
];

export const hostileTexts: readonly string[] = [...steering, ...meaning].map((worst) => `a${worst}${forged}`);
