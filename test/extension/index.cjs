/** What VS Code loads as the suite: TypeScript runs in the extension host as it does everywhere here. */
"use strict";

require("tsx/cjs");
module.exports = require("./suite.ts");
