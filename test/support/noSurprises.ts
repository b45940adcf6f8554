/** A suite fails on a rejection that nobody handled, whatever its tests say. */

process.on("unhandledRejection", (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason));
});
