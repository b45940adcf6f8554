/**
 * The parts of lodash that ftp-srv calls, which the program's bundle has in place of the whole, a tenth of it. `chain` is
 * not among them: ftp-srv has it in its parser and its EPRT alone, which are never used (`ftpSrv.ts`).
 */

/**
 * @license
 * Lodash <https://lodash.com/>
 * Copyright OpenJS Foundation and other contributors <https://openjsf.org/>
 * Released under MIT license <https://lodash.com/license>
 * Based on Underscore.js 1.8.3 <http://underscorejs.org/LICENSE>
 * Copyright Jeremy Ashkenas, DocumentCloud and Investigative Reporters & Editors
 */

"use strict";

module.exports = {
  chunk: require("lodash/chunk"),
  clone: require("lodash/clone"),
  compact: require("lodash/compact"),
  concat: require("lodash/concat"),
  debounce: require("lodash/debounce"),
  get: require("lodash/get"),
  has: require("lodash/has"),
  includes: require("lodash/includes"),
  padStart: require("lodash/padStart"),
  set: require("lodash/set"),
  toLower: require("lodash/toLower"),
  toUpper: require("lodash/toUpper"),
  upperCase: require("lodash/upperCase"),
};
