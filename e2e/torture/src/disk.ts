import { execFile } from "node:child_process";
import { mkdir, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A disk of its own below a folder, which can be filled. */
export interface Disk extends AsyncDisposable {
  fill(): Promise<void>;
  empty(): Promise<void>;
}

const imageBytes = 3 * 1024 ** 3;
const memory = "768m";

/** An image that is mounted there, or else memory; nothing where nobody lets one mount. */
export async function mountDisk(folder: string): Promise<Disk | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const image = `${folder}.image`;
  const mounts = [() => mountImage(image, folder), () => mountMemory(folder)];
  for (const mount of mounts) {
    const isMounted = await mount().then(
      () => true,
      () => false,
    );
    if (isMounted) return diskAt(folder, image);
    await rm(image, { force: true });
  }
  return undefined;
}

async function mountImage(image: string, folder: string): Promise<void> {
  await writeFile(image, "");
  await truncate(image, imageBytes);
  await execute("mkfs.ext4", ["-q", "-F", "-m", "0", image]);
  await execute("mount", ["-o", "loop", image, folder]);
}

async function mountMemory(folder: string): Promise<void> {
  await execute("mount", ["-t", "tmpfs", "-o", `size=${memory}`, "none", folder]);
}

function diskAt(folder: string, image: string): Disk {
  const ballast = join(folder, "ballast");
  return {
    fill: async () => {
      const { bavail, bsize } = await statfs(folder);
      // The system keeps account of a file too, so the last of it is written until there is no more.
      await execute("fallocate", ["-l", String(Math.floor(bavail * bsize * 0.98)), ballast]);
      const rest = writeFile(ballast, Buffer.alloc(imageBytes * 0.03), { flag: "a" });
      await rest.catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOSPC") throw error;
      });
    },
    empty: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      await execute("umount", ["-l", folder]);
      await rm(image, { force: true });
    },
  };
}
