"use strict";

const path = require("node:path");
const { BannerPlugin } = require("webpack");

/** What both bundles share. */
const base = {
  target: "node20",
  devtool: "nosources-source-map",
  output: {
    path: path.join(__dirname, "dist"),
    filename: "[name].js",
    // Written even when nothing changed in it: scripts/prepare.mjs tells by the time whether dist/ is new enough.
    compareBeforeEmit: false,
    chunkFilename: "[name].js",
    library: { type: "commonjs2" },
    devtoolModuleFilenameTemplate: "../[resource-path]",
  },
  resolve: { extensions: [".ts", ".js"] },
  module: {
    rules: [
      {
        test: /\.ts$/,
        exclude: /node_modules/,
        use: { loader: "ts-loader", options: { configFile: "tsconfig.build.json", transpileOnly: true } },
      },
    ],
  },
  performance: { hints: false },
};

module.exports = [
  {
    ...base,
    name: "extension",
    entry: {
      extension: "./src/extension/extension.ts",
      // A thread begins with a file of its own.
      sha256Worker: "./src/extension/manifest/sha256Worker.ts",
    },
    externals: { vscode: "commonjs vscode" },
    // What is loaded later is one file by its name: .vscodeignore names it too.
    optimization: { splitChunks: false },
  },
  {
    ...base,
    name: "cli",
    entry: { cli: "./src/cli/entry.ts" },
    resolve: {
      ...base.resolve,
      alias: {
        bunyan: path.join(__dirname, "src/engine/ftpServer/silentLog.ts"),
        lodash$: path.join(__dirname, "src/engine/ftpServer/lodashParts.cjs"),
        // ftp-srv draws on it in LIST, STAT and MDTM alone, which are ours (ftpServer/listings.ts).
        moment: false,
      },
    },
    plugins: [new BannerPlugin({ banner: "#!/usr/bin/env node", raw: true })],
  },
];
