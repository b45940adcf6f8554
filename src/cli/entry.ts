/** Where the bundle begins: the program, or one of its threads, for which nothing else is evaluated. */

import { isMainThread } from "node:worker_threads";

if (isMainThread) void import(/* webpackMode: "eager" */ "./main");
else void import(/* webpackMode: "eager" */ "./thread");
