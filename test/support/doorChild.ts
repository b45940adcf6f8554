/**
 * A process of its own at the door, for what cannot be done to the process of the tests: a full disk, few
 * descriptors, another user, a kill in the middle. Prints one line of JSON.
 * Arguments: the deed, and the folder to serve.
 */

import {
  Refusal,
  openServedRoot,
  type OpenedFile,
  type ServedRoot,
} from "../../src/engine/servedRoot/servedRoot";

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return "done";
  } catch (error) {
    return error instanceof Refusal ? `${error.kind} ${error.code}` : String(error);
  }
};

/** Writes more than the disk holds, with and without telling the size beforehand. */
async function fillDisk(root: ServedRoot): Promise<unknown> {
  const announced = await codeOf(root.create("big.bin", 2 ** 40));
  const upload = await root.create("fw.bin");
  let written = "done";
  while (written === "done") written = await codeOf(upload.write(new Uint8Array(64 * 1024)));
  const later = await codeOf(upload.write(new Uint8Array(1)));
  const committed = await codeOf(upload.commit());
  await upload.abort();
  const small = await root.create("small.bin");
  await small.write(new Uint8Array(1000));
  return { announced, written, later, committed, small: await codeOf(small.commit()) };
}

/** Opens files until the system gives no more descriptors, closes them, and opens one again. */
async function openTooMany(root: ServedRoot): Promise<unknown> {
  const files: OpenedFile[] = [];
  const refused = await codeOf(
    (async () => {
      for (;;) files.push(await root.open("fw.bin"));
    })(),
  );
  const listed = await codeOf(root.list(""));
  await Promise.all(files.map((file) => file.close()));
  const file = await root.open("fw.bin");
  await file.close();
  return { refused, listed: listed === "done" || listed === "busy file.tooMany", afterwards: file.name };
}

/** What a user without rights hears. */
async function lackRights(root: ServedRoot): Promise<unknown> {
  if (process.getuid?.() === 0) {
    process.setgid?.(65534);
    process.setuid?.(65534);
  }
  return {
    read: await codeOf(root.open("unreadable.bin")),
    list: await codeOf(root.list("closed")),
    create: await codeOf(root.create("new.bin")),
    overwrite: await codeOf(root.create("unreadable.bin")),
    nearest: await root.nearest("unredable.bin"),
  };
}

/** Leaves a half upload, and waits to be killed. */
async function hang(root: ServedRoot): Promise<unknown> {
  const upload = await root.create("sub/fw.bin");
  await upload.write(Buffer.from("half"));
  const other = await root.create("fw.bin");
  await other.write(Buffer.from("half"));
  setInterval(() => undefined, 1000);
  return "written";
}

const deeds: Readonly<Record<string, (root: ServedRoot) => Promise<unknown>>> = {
  fillDisk,
  openTooMany,
  lackRights,
  hang,
};

async function main(deed = "", folder = ""): Promise<void> {
  const root = await openServedRoot({
    folder,
    root: ".",
    aliases: {},
    published: [],
    alsoServe: [],
    uploads: "overwrite",
    uploadSize: 2 ** 50,
  });
  process.stdout.write(`${JSON.stringify(await deeds[deed]?.(root))}\n`);
}

void main(...process.argv.slice(2));
