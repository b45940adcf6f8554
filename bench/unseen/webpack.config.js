"use strict";

/** Our program without what sees the packets: its tap and its boot log are the empty ones that stand beside this file. */

const path = require("node:path");
const { NormalModuleReplacementPlugin } = require("webpack");

const cli = require("../../webpack.config.js").find(({ name }) => name === "cli");

module.exports = {
  ...cli,
  plugins: [
    ...cli.plugins,
    new NormalModuleReplacementPlugin(/\/(packets\/recorder|bootLog\/bootLog)$/, (resource) => {
      resource.request = path.join(__dirname, path.basename(resource.request));
    }),
  ],
};
