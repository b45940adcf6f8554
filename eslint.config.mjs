import tseslint from "typescript-eslint";

/** For each folder, the folders that it must not import: DESIGN's arrows, read the other way round. */
const above = {
  protocol: ["model", "engine", "rpc", "cli", "extension"],
  model: ["engine", "rpc", "cli", "extension"],
  engine: ["rpc", "cli", "extension"],
  rpc: ["protocol", "engine", "cli", "extension"],
  cli: ["extension"],
  extension: ["protocol", "engine", "cli"],
};

const layers = Object.entries(above).map(([folder, forbidden]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        paths: folder === "extension" ? [] : ["vscode"],
        patterns: [
          {
            group: forbidden.map((name) => `**/${name}/**`),
            message: `src/${folder} must not import ${forbidden.join(", ")}`,
          },
          ...(folder === "engine" ? [] : [{ group: ["ftp-srv", "basic-ftp"], message: "src/engine only" }]),
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", ".vscode-test/**", "samples/**"] },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `const { open, ...row } = line`: a copy without it.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      // Numbers in messages are the rule here: ports, offsets, block numbers.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  ...layers,
  {
    files: ["src/engine/**/*.ts"],
    ignores: ["src/engine/ftpServer/**", "src/engine/clients/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: ["vscode", "ftp-srv", "basic-ftp"],
          patterns: [
            { group: above.engine.map((name) => `**/${name}/**`), message: "src/engine is below these" },
          ],
        },
      ],
    },
  },
  {
    // Only engine/clock.ts reads a clock or sets a timer, so that every wait can be tested in virtual time.
    files: ["src/protocol/**/*.ts", "src/model/**/*.ts", "src/engine/**/*.ts"],
    ignores: ["src/engine/clock.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "setImmediate", "Date", "performance"].map((name) => ({
          name,
          message: "Ask the Clock (engine/clock.ts).",
        })),
      ],
    },
  },
  {
    // Chains of mocha's `it` return promises that mocha itself awaits; assertion helpers read better with `!`.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-lines": ["error", { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
);
